"""Projects of tools that need more than a package of a language: Rails, sqitch, Prisma, psql, Supabase, Liquibase."""

from __future__ import annotations

from tests.support.servers import psql
from tests.tools import installed
from tests.tools.projects import DROP, KEY, TABLES, Project

_RAILS = {
    "migrate.rb": (
        "ENV.delete('DATABASE_URL')\nrequire 'active_record'\n"
        "ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: ENV['PGHOST'], username: 'postgres', database: ENV['PGDATABASE'])\n"
        "ActiveRecord::Migration.verbose = false\n"
        "context = ActiveRecord::MigrationContext.new('db/migrate', ActiveRecord::SchemaMigration)\n"
        "case ARGV[0]\nwhen 'up' then context.migrate\nwhen 'down' then context.rollback(1)\n"
        "else puts context.needs_migration? ? 'pending' : 'up to date'\nend\n"
    ),
    "db/migrate/20240101000000_init.rb": (
        f"class Init < ActiveRecord::Migration[6.1]\n  def up\n    execute <<~SQL\n{TABLES}    SQL\n  end\n\n"
        f"  def down\n    execute <<~SQL\n{DROP}    SQL\n  end\nend\n"
    ),
}
_SQITCH = {
    "sqitch.conf": "[core]\n\tengine = pg\n[user]\n\tname = Ada\n\temail = ada@example.com\n[deploy]\n\tverify = true\n",
    "sqitch.plan": "%syntax-version=1.0.0\n%project=app\n\ninit 2024-01-01T00:00:00Z Ada <ada@example.com> # the beginning\n",
    "deploy/init.sql": f"-- Deploy app:init to pg\n\nBEGIN;\n{TABLES}COMMIT;\n",
    "revert/init.sql": f"-- Revert app:init from pg\n\nBEGIN;\n{DROP}COMMIT;\n",
    "verify/init.sql": "-- Verify app:init on pg\n\nBEGIN;\nSELECT id FROM users WHERE false;\nROLLBACK;\n",
}
# Prisma over an adapter, with its faults mended: it does not know the types "char" and name, nor that a NOT NULL is a
# constraint in 18; it drops a shadow database that it is connected to; and it cuts a file at every semicolon. WHOLE
# decides about the last: the native engine sends a file as one query.
PRISMA = {
    "prisma.config.mjs": """import pg from 'pg';
import { defineConfig } from 'prisma/config';
import { PrismaPg } from '@prisma/adapter-pg';
const known = (result) => {
  for (const field of [result].flat().flatMap((each) => each?.fields ?? [])) {
    field.dataTypeID = { 18: 1042, 19: 25 }[field.dataTypeID] ?? field.dataTypeID;
  }
  return result;
};
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (...given) {
  const called = given.at(-1);
  if (given[0]?.text) given[0].text = given[0].text.replace("NOT IN ('p', 'u', 'f')", "NOT IN ('p', 'u', 'f', 'n')");
  if (typeof called === 'function') given[given.length - 1] = (error, result) => called(error, known(result));
  const made = query.apply(this, given);
  return made instanceof Promise ? made.then(known) : made;
};
// A command would not end before its connections have been idle for ten seconds, and its lock could be waited for.
const later = globalThis.setTimeout;
globalThis.setTimeout = (call, time, ...more) => (time < 10_000 ? later(call, time, ...more) : later(call, time, ...more).unref());
const at = (database) => ({ host: process.env.PGHOST, port: 5432, user: 'postgres', database, idleTimeoutMillis: 100 });
const whole = (adapter) => {
  if (process.env.WHOLE) adapter.executeScript = async (sql) => { await adapter.client.query(sql); };
  return adapter;
};
export default defineConfig({
  experimental: { adapter: true },
  engine: 'js',
  schema: process.env.SCHEMA ?? 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  adapter: async () => {
    const factory = new PrismaPg(at(process.env.PGDATABASE));
    const connect = factory.connect.bind(factory);
    factory.connect = async () => whole(await connect());
    factory.connectToShadowDb = async () => {
      const name = `shadow_${globalThis.crypto.randomUUID()}`;
      const here = await factory.connect();
      await here.client.query(`CREATE DATABASE "${name}"`);
      const shadow = whole(await new PrismaPg(at(name)).connect());
      const dispose = shadow.dispose.bind(shadow);
      shadow.dispose = async () => {
        await dispose();
        await here.client.query(`DROP DATABASE "${name}"`);
      };
      return shadow;
    };
    return factory;
  },
});
""",
    "prisma/schema.prisma": f"""datasource db {{
  provider = "postgresql"
  url      = env("DATABASE_URL")
}}

model Workspace {{
  id    Int    @id
  name  String
  users User[]

  @@map("workspaces")
}}

model User {{
  id                 Int       @id
  primaryWorkspaceId Int       @map("primary_workspace_id")
  primaryWorkspace   Workspace @relation(fields: [primaryWorkspaceId], references: [id], onDelete: SetNull, onUpdate: NoAction, map: "{KEY}")

  @@map("users")
}}
""",
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/20240101000000_init/migration.sql": TABLES,
}
DIFFERENCE = ("prisma", "migrate", "diff", "--from-migrations", "prisma/migrations", "--to-schema-datamodel")
NO_ENGINE = {
    "PRISMA_QUERY_ENGINE_LIBRARY": "/bin/true",
    "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true",
    "CHECKPOINT_DISABLE": "1",
}
# JDBC knows no unix sockets: the project brings a way to one.
_LIQUIBASE = {
    "run.py": """import os, re, socket, subprocess, sys, threading
from pathlib import Path


def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)


def serve(listening):
    while True:
        client, _ = listening.accept()
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{os.environ['PGHOST']}/.s.PGSQL.5432")
        for pair in ((client, server), (server, client)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


action = sys.argv[1:]
if action == ["down"]:
    newest = sorted(Path("changelog").iterdir())[-1].read_text()
    action = ["rollback-count", f"--count={len(re.findall('^--changeset', newest, re.MULTILINE))}"]
listening = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listening,), daemon=True).start()
url = f"jdbc:postgresql://127.0.0.1:{listening.getsockname()[1]}/{os.environ['PGDATABASE']}?sslmode=disable"
java = ("java", "-XX:TieredStopAtLevel=1", "-cp", "node_modules/liquibase/dist/liquibase/internal/lib/*")
started = "liquibase.integration.commandline.LiquibaseCommandLine"
where = ("--changelog-file=changelog.xml", f"--url={url}", "--username=postgres")
sys.exit(subprocess.run([*java, started, "--show-banner=false", action[0], *where, *action[1:]]).returncode)
""",
    "changelog.xml": """<?xml version="1.0" encoding="UTF-8"?>
<databaseChangeLog xmlns="http://www.liquibase.org/xml/ns/dbchangelog" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.liquibase.org/xml/ns/dbchangelog http://www.liquibase.org/xml/ns/dbchangelog/dbchangelog-latest.xsd">
  <includeAll path="changelog"/>
</databaseChangeLog>
""",
    "changelog/001_init.sql": f"--liquibase formatted sql\n\n--changeset ada:init\n{TABLES}--rollback DROP TABLE users;\n--rollback DROP TABLE workspaces;\n",
}
_PSQL = {
    "run.sh": """set -e
run() { "$PSQL" -X -q -v ON_ERROR_STOP=1 "$@"; }
if [ "$1" = down ]; then
  last=$(ls changes/*.sql | tail -n 1)
  sed -n '/^-- The way back/,$p' "$last" | sed '1d; s/^-- //' > back.sql
  run -f back.sql
  exit
fi
for file in changes/*.sql; do
  [ -e "$file.done" ] || run -f "$file"
  touch "$file.done"
done
""",
    "changes/041-init.sql": f"BEGIN;\n{TABLES}COMMIT;\n",
}
_SUPABASE = {
    "run.py": _LIQUIBASE["run.py"].partition("action = ")[0]
    + """listening = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listening,), daemon=True).start()
url = f"postgresql://postgres:x@127.0.0.1:{listening.getsockname()[1]}/{os.environ['PGDATABASE']}?sslmode=disable"
sys.exit(subprocess.run(["node_modules/.bin/supabase", *sys.argv[1:], "--remote", url, "--yes"], env={**os.environ, "HOME": os.getcwd()}).returncode)
""",
    "supabase/config.toml": 'project_id = "app"\n',
    "supabase/migrations/20240101000000_init.sql": TABLES,
}
_TARGET = ("--target", "db:pg:")

PROJECTS = {
    # What runs db/migrate, without the rest of Rails.
    "rails": Project(
        "rails", _RAILS, ("ruby", "migrate.rb", "up"), ("ruby", "migrate.rb", "down"), packages=(), debian=("ruby-activerecord", "ruby-pg"),
        status=("ruby", "migrate.rb", "status"), nothing_open="up to date",
    ),
    "sqitch": Project(
        "sqitch", _SQITCH, ("sqitch", "deploy", "--verify", *_TARGET), ("sqitch", "revert", "-y", "--to", "@HEAD^", *_TARGET),
        packages=(), debian=("sqitch", "libdbd-pg-perl"), status=("sqitch", "status", *_TARGET), nothing_open="Nothing to deploy", steps_down=1,
    ),
    "prisma": Project(
        "prisma", PRISMA, ("prisma", "migrate", "deploy"), (), packages=installed.PRISMA, environment={"WHOLE": "1", **NO_ENGINE},
        status=("prisma", "migrate", "status"), nothing_open="Database schema is up to date", more_words=("--edit-schema",), marks=True,
        quiet=(*DIFFERENCE, "prisma/schema.prisma", "--exit-code"),
    ),
    "prisma-adapter": Project(
        "prisma", PRISMA, ("prisma", "migrate", "deploy"), (), named="prisma/migrations", packages=installed.PRISMA, environment=NO_ENGINE,
        more_words=("--edit-schema",), marks=True, options=("no-action",),
    ),
    "psql": Project(
        "psql", _PSQL, ("sh", "run.sh"), ("sh", "run.sh", "down"), packages=(), environment={"PSQL": str(psql())}, programs=("sh", "sed"),
        steps_down=1,
    ),
    "supabase": Project(
        "supabase", _SUPABASE, ("python3", "run.py", "migration", "up"), (), packages=installed.SUPABASE, programs=("python3",),
        environment={"SUPABASE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"}, options=("no-action",),
    ),
    "liquibase": Project(
        "liquibase", _LIQUIBASE, ("python3", "run.py", "update"), ("python3", "run.py", "down"), named="changelog", packages=installed.LIQUIBASE,
        programs=("java", "python3"), steps_down=1, options=("no-action",),
    ),
}  # fmt: skip
