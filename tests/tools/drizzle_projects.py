"""Drizzle projects of several shapes, their migrations made by drizzle-kit itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.tools import installed

CONFIG = """import { defineConfig } from 'drizzle-kit';
export default defineConfig({
  dialect: 'postgresql', schema: 'SCHEMA', out: 'OUT', EXTRA
  dbCredentials: { url: process.env.DATABASE_URL! },
});
"""
PACKAGE = '{"name": "web", "private": true, "type": "module"}'
SIMPLE = """import { integer, pgTable, text } from 'drizzle-orm/pg-core';
export const workspaces = pgTable('workspaces', { id: integer('id').primaryKey(), name: text('name').notNull() });
export const users = pgTable('users', {
  id: integer('id').primaryKey(),
  // not the column's own: .notNull()
  primaryWorkspaceId: integer('primary_workspace_id').references(() => workspaces.id, { onUpdate: 'cascade', onDelete: "set null" }).notNull(),
  other: integer('other').notNull().references(() => workspaces.id, { onDelete: 'cascade' }),
});
"""
OTHER_SCHEMA = """import { foreignKey, integer, pgSchema, text } from 'drizzle-orm/pg-core';
export const auth = pgSchema('auth');
export const workspaces = auth.table('workspaces', { id: integer().primaryKey(), name: text().notNull() });
export const users = auth.table('users', {
  id: integer().primaryKey(),
  primary_workspace_id: integer()
    .notNull(), // who owns the bill
}, (table) => [
  foreignKey({ name: 'users_primary_workspace_id_workspaces_id_fk', columns: [table.primary_workspace_id], foreignColumns: [workspaces.id] }).onDelete('set null'),
]);
"""
CREATOR = """import { integer, pgTableCreator, text } from 'drizzle-orm/pg-core';
const createTable = pgTableCreator((name) => `app_${name}`);
export const workspaces = createTable('workspaces', (d) => ({ id: d.integer().primaryKey(), name: d.text().notNull() }));
export const users = createTable('users', (d) => ({
  id: d.integer().primaryKey(),
  primaryWorkspaceId: d.integer('primary_workspace_id').notNull().references(() => workspaces.id, { onDelete: 'set null' }),
}));
"""
NAMES = """import { foreignKey as fk, integer, pgSchema as schema, pgTable as table, unique } from 'drizzle-orm/pg-core';
import * as t from 'drizzle-orm/pg-core';
export const billing = schema('billing');
export const workspaces = table('workspaces', { id: t.integer().primaryKey(), region: integer().notNull() }, (own) => [unique().on(own.id, own.region)]);
export const users = table('users', {
  id: integer().primaryKey(),
  workspaceId: t.integer('workspace_id').references(() => workspaces.id, { onDelete: 'set null' }).notNull(),
});
export const billingUsers = billing.table('users', {
  id: integer().primaryKey(),
  workspaceId: integer('workspace_id').notNull().references(() => workspaces.id, { onDelete: "set null" }),
});
export const odd = table("2nd it's Table", {
  id: integer().primaryKey(),
  'home Id': integer("Home 'Id'").notNull(),
  region: integer('Region').notNull(),
}, (own) => [
  fk({ name: "odd 'key'", columns: [own['home Id'], own.region], foreignColumns: [workspaces.id, workspaces.region] }).onUpdate('cascade').onDelete('set null'),
]);
export const other = t.pgTable('Other', { Home: integer().notNull(), Region: integer().notNull() }, (own) => [
  t.foreignKey({ name: 'otherKey', columns: [own.Home, own.Region], foreignColumns: [workspaces.id, workspaces.region] }).onDelete('set null'),
]);
"""
UNRELATED = """import { integer, pgTable } from 'drizzle-orm/pg-core';
export const bills = pgTable('bills', { id: integer('id').primaryKey() });
"""


@dataclass(frozen=True)
class Shape:
    """A project: where its package lies, its schema files, what its configuration says besides, and `--dir`."""

    files: Mapping[str, str]
    schema: str = "./src/schema.ts"
    out: str = "./drizzle"
    extra: str = ""
    home: str = "."
    named: str = "."
    table: str = "public.users"
    key: str = "users_primary_workspace_id_workspaces_id_fk"
    newline: str = "\n"
    packages: tuple[str, ...] = installed.NODE_PACKAGES
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> str:
        """The text of drizzle.config.ts."""
        return CONFIG.replace("SCHEMA", self.schema).replace("OUT", self.out).replace("EXTRA", self.extra)


_NAMED = Shape(
    {"src/schema.ts": NAMES}, schema="./src/**.ts", extra="schemaFilter: ['public', 'billing'],", newline="\r\n"
)
NAMED = {"0.x": _NAMED, "next": replace(_NAMED, packages=installed.NEXT_DRIZZLE)}
"""Tables of one name in two schemas, names that need quotes, keys of two columns, functions under other names."""

SHAPES = {
    "single-file": Shape({"src/schema.ts": SIMPLE}),
    "other-schema-crlf": Shape({"src/schema.ts": OTHER_SCHEMA}, table="auth.users", newline="\r\n", extra="schemaFilter: ['auth'],"),
    "monorepo": Shape(
        {"db/tables/users.ts": SIMPLE}, schema="./db/tables/*.ts", out="./db/migrations", home="packages/api",
        extra="migrations: { prefix: 'timestamp', table: 'my_migrations', schema: 'public' },",
        beside={"packages/bills/src/schema.ts": UNRELATED},
    ),
    "creator": Shape({"src/schema.ts": CREATOR}, named="drizzle", table="public.app_users", key="app_users_primary_workspace_id_app_workspaces_id_fk"),
    "next": Shape({"src/schema.ts": SIMPLE}, packages=installed.NEXT_DRIZZLE, key="users_primary_workspace_id_workspaces_id_fkey"),
    "next-other-schema-crlf": Shape(
        {"src/schema.ts": OTHER_SCHEMA}, packages=installed.NEXT_DRIZZLE, table="auth.users", extra="schemaFilter: ['auth'],", newline="\r\n",
    ),
}  # fmt: skip
