"""Small projects of every tool, each with one migration that makes the incident."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.servers import TestDatabase
from tests.tools import installed

KEY = "users_primary_workspace_id_workspaces_id_fk"
TABLES = f"""CREATE TABLE workspaces (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE users (id integer PRIMARY KEY, primary_workspace_id integer NOT NULL);
ALTER TABLE users ADD CONSTRAINT {KEY} FOREIGN KEY (primary_workspace_id) REFERENCES workspaces (id) ON DELETE SET NULL;
"""
DROP = "DROP TABLE users;\nDROP TABLE workspaces;\n"


@dataclass(frozen=True)
class Project:
    """A tool's project: its files, the folder for `--dir`, and how it goes up, one step down, and says what is open.

    `programs` must be there; `more_words` go to `fix export`; `marks` says that what was applied live must be
    marked as applied, as the export says.
    """

    tool: str
    files: Mapping[str, str]
    up: tuple[str, ...]
    down: tuple[str, ...]
    named: str = "."
    status: tuple[str, ...] = ()
    nothing_open: str = ""
    packages: tuple[str, ...] = installed.NODE_PACKAGES
    newline: str = "\n"
    environment: Mapping[str, str] = field(default_factory=dict)
    edit: Callable[[Path, str], None] | None = None
    quiet: tuple[str, ...] = ()
    steps_down: int | None = None
    debian: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    options: tuple[str, ...] = ("no-action", "drop-not-null")
    more_words: tuple[str, ...] = ()
    marks: bool = False

    def lay(self, folder: Path) -> Path:
        """Write the project."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.replace("\n", self.newline).encode())
        if self.packages:
            (folder / "node_modules").symlink_to(installed.node(self.packages))
        return folder

    def run(self, words: tuple[str, ...], folder: Path, database: TestDatabase) -> str:
        """Run a command of the tool on a database; gives what it says, fails where it fails."""
        socket = database.socket_directory
        paths = [str(folder / "node_modules" / ".bin"), os.environ["PATH"]]
        if not self.packages and not self.debian and not self.programs:
            paths.insert(0, str(installed.python()))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
            "PATH": ":".join(paths),
            "PGHOST": socket,
            "PGUSER": "postgres",
            "PGDATABASE": database.name,
            "DATABASE_URL": f"postgres://postgres@/{database.name}?host={socket}",
            "NO_COLOR": "1",
            **self.environment,
        }
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, f"{words} in {folder}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr


def _knex(style: str) -> dict[str, str]:
    body = f"await knex.raw(`{TABLES}`);"
    if style == "mjs":
        migration = f"export async function up(knex) {{ {body} }}\nexport async function down(knex) {{ await knex.raw(`{DROP}`); }}\n"
    else:
        migration = f"exports.up = async (knex) => {{ {body} }};\nexports.down = async (knex) => {{ await knex.raw(`{DROP}`); }};\n"
    return {
        "knexfile.js": (
            "module.exports = { client: 'pg', connection: { host: process.env.PGHOST, user: 'postgres', database: process.env.PGDATABASE },\n"
            f"  migrations: {{ directory: './db/migrations', loadExtensions: ['.{style}'] }} }};\n"
        ),
        f"db/migrations/20240101000000_init.{style}": migration,
    }


_TYPEORM = {
    "data-source.js": (
        "const { DataSource } = require('typeorm');\n"
        "module.exports = new DataSource({ type: 'postgres', host: process.env.PGHOST, username: 'postgres', database: process.env.PGDATABASE,\n"
        "  entities: [], migrations: ['migrations/*.js'] });\n"
    ),
    "migrations/1700000000000-Init.js": (
        "module.exports = class Init1700000000000 {\n  name = 'Init1700000000000';\n"
        f"  async up(queryRunner) {{ await queryRunner.query(`{TABLES}`); }}\n"
        f"  async down(queryRunner) {{ await queryRunner.query(`{DROP}`); }}\n}};\n"
    ),
}
_SEQUELIZE = {
    ".sequelizerc": "module.exports = { 'config': 'config.js', 'migrations-path': 'src/migrations' };\n",
    "config.js": (
        "module.exports = { development: { dialect: 'postgres', host: process.env.PGHOST, username: 'postgres', database: process.env.PGDATABASE } };\n"
    ),
    "src/migrations/20240101000000-init.js": (
        "'use strict';\nmodule.exports = {\n"
        f"  async up(queryInterface) {{ await queryInterface.sequelize.query(`{TABLES}`); }},\n"
        f"  async down(queryInterface) {{ await queryInterface.sequelize.query(`{DROP}`); }},\n}};\n"
    ),
}
_ALEMBIC = {
    "alembic.ini": "[alembic]\nscript_location = migrations\nfile_template = %%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s\n",
    "migrations/env.py": (
        "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\nfrom models import Base\n"
        "engine = create_engine('postgresql+psycopg://postgres@/' + os.environ['PGDATABASE'] + '?host=' + os.environ['PGHOST'])\n"
        "with engine.connect() as connection:\n"
        "    context.configure(connection=connection, target_metadata=Base.metadata)\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n"
    ),
    "models.py": (
        "from sqlalchemy import ForeignKey, Integer, Text\n"
        "from sqlalchemy.orm import DeclarativeBase, mapped_column\n\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n\n"
        "class Workspace(Base):\n    __tablename__ = 'workspaces'\n"
        "    id = mapped_column(Integer, primary_key=True, autoincrement=False)\n    name = mapped_column(Text, nullable=False)\n\n\n"
        "class User(Base):\n    __tablename__ = 'users'\n"
        "    id = mapped_column(Integer, primary_key=True, autoincrement=False)\n"
        "    primary_workspace_id = mapped_column(\n        Integer,\n"
        f"        ForeignKey('workspaces.id', name='{KEY}', ondelete='SET NULL'),\n        nullable=False,\n    )\n"
    ),
    "migrations/versions/20240101_a1b2c3d4e5f6_init.py": (
        "from typing import Union\nfrom alembic import op\n\nrevision: str = 'a1b2c3d4e5f6'\ndown_revision: Union[str, None] = None\n\n\n"
        f"def upgrade() -> None:\n    op.execute('''{TABLES}''')\n\n\ndef downgrade() -> None:\n    op.execute('''{DROP}''')\n"
    ),
}
_DJANGO = {
    "manage.py": (
        "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n"
        "from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n"
    ),
    "site_settings.py": (
        "import os\nSECRET_KEY = 'x'\nINSTALLED_APPS = ['core', 'billing']\nUSE_TZ = True\n"
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['PGDATABASE'], 'HOST': os.environ['PGHOST'], 'USER': 'postgres'}}\n"
        "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
    ),
    "core/__init__.py": "",
    "core/models.py": (
        "from django.db import models\n\n\n"
        "class Workspace(models.Model):\n    id = models.IntegerField(primary_key=True)\n    name = models.TextField()\n\n"
        "    class Meta:\n        db_table = 'workspaces'\n\n\n"
        "class User(models.Model):\n    id = models.IntegerField(primary_key=True)\n"
        "    primary_workspace = models.ForeignKey(Workspace, on_delete=models.DO_NOTHING)\n\n"
        "    class Meta:\n        db_table = 'users'\n"
    ),
    "core/migrations/__init__.py": "",
    "core/migrations/0001_initial.py": (
        "import django.db.models.deletion\nfrom django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n    initial = True\n    dependencies = []\n    operations = [\n"
        f"        migrations.SeparateDatabaseAndState(\n            database_operations=[migrations.RunSQL('''{TABLES}''', '''{DROP}''')],\n"
        "            state_operations=[\n"
        "                migrations.CreateModel(name='Workspace', fields=[('id', models.IntegerField(primary_key=True, serialize=False)), ('name', models.TextField())], options={'db_table': 'workspaces'}),\n"
        "                migrations.CreateModel(name='User', fields=[('id', models.IntegerField(primary_key=True, serialize=False)),\n"
        "                    ('primary_workspace', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, to='core.workspace'))], options={'db_table': 'users'}),\n"
        "            ],\n        ),\n    ]\n"
    ),
    "billing/__init__.py": "",
    "billing/models.py": "from django.db import models\n\n\nclass Bill(models.Model):\n    amount = models.IntegerField()\n",
    "billing/migrations/__init__.py": "",
    "billing/migrations/0001_initial.py": (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    initial = True\n    dependencies = []\n"
        "    operations = [migrations.CreateModel(name='Bill', fields=[('id', models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')), ('amount', models.IntegerField())])]\n"
    ),
}


def _edit_alembic(folder: Path, option: str) -> None:
    path = folder / "models.py"
    text = path.read_text()
    if option == "no-action":
        text = text.replace(", ondelete='SET NULL'", "")
    else:
        text = text.replace("        nullable=False,\n    )", "        nullable=True,\n    )")
    path.write_text(text)


def _edit_django(folder: Path, option: str) -> None:
    path = folder / "core/models.py"
    if option == "drop-not-null":
        path.write_text(path.read_text().replace("models.DO_NOTHING)", "models.DO_NOTHING, null=True)"))


PROJECTS = {
    "knex": Project(
        "knex", _knex("js"), ("knex", "migrate:latest"), ("knex", "migrate:down"),
        status=("knex", "migrate:status"), nothing_open="No Pending Migration files Found",
    ),
    "knex-mjs-crlf": Project(
        "knex", _knex("mjs"), ("knex", "migrate:latest"), ("knex", "migrate:down"), named="db/migrations",
        status=("knex", "migrate:status"), nothing_open="No Pending Migration files Found", newline="\r\n",
    ),
    "typeorm": Project(
        "typeorm", _TYPEORM, ("typeorm", "migration:run", "-d", "data-source.js"), ("typeorm", "migration:revert", "-d", "data-source.js"),
        steps_down=1,
    ),
    "typeorm-each": Project(
        "typeorm", _TYPEORM, ("typeorm", "migration:run", "-t", "each", "-d", "data-source.js"),
        ("typeorm", "migration:revert", "-d", "data-source.js"), steps_down=1,
    ),
    "sequelize": Project(
        "sequelize", _SEQUELIZE, ("sequelize-cli", "db:migrate"), ("sequelize-cli", "db:migrate:undo"), steps_down=1,
    ),
    "node-pg-migrate": Project(
        "node-pg-migrate",
        {"migrations/1700000000000_init.js": f"exports.up = (pgm) => {{ pgm.sql(`{TABLES}`); }};\nexports.down = (pgm) => {{ pgm.sql(`{DROP}`); }};\n"},
        ("node-pg-migrate", "up"), ("node-pg-migrate", "down"),
        status=("node-pg-migrate", "up", "--dry-run"), nothing_open="No migrations to run!",
    ),
    "node-pg-migrate-sql": Project(
        "node-pg-migrate",
        {
            "package.json": '{"type": "module", "private": true}',
            "db/1700000000000_init.sql": f"-- Up Migration\n{TABLES}\n-- Down Migration\n{DROP}",
        },
        ("node-pg-migrate", "up", "-m", "db"), ("node-pg-migrate", "down", "-m", "db"),
        status=("node-pg-migrate", "up", "--dry-run", "-m", "db"), nothing_open="No migrations to run!",
    ),
    "dbmate": Project(
        "dbmate", {"db/migrations/20240101000000_init.sql": f"-- migrate:up\n{TABLES}\n-- migrate:down\n{DROP}"},
        ("dbmate", "--no-dump-schema", "migrate"), ("dbmate", "--no-dump-schema", "rollback"),
        status=("dbmate", "status"), nothing_open="Pending: 0",
    ),
    "alembic": Project(
        "alembic", _ALEMBIC, ("alembic", "upgrade", "head"), ("alembic", "downgrade", "-1"), packages=(), steps_down=1,
        edit=_edit_alembic, quiet=("alembic", "check"), environment={"PYTHONPATH": "."},
    ),
    "django": Project(
        "django", _DJANGO, ("python", "manage.py", "migrate"), ("python", "manage.py", "migrate", "core", "0001"),
        packages=(), steps_down=1, edit=_edit_django, quiet=("python", "manage.py", "makemigrations", "--check"),
        status=("python", "manage.py", "migrate", "--check"),
    ),
}  # fmt: skip
