"""The code of a guard runs in every tool that it is written for, whatever names are in it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fkdash.report.guard import TOOLS, guard_code
from tests.preview.test_guard import hostile
from tests.support.servers import TestDatabase
from tests.tools.installed import filling, lacking, node, python

pytestmark = [pytest.mark.tools, pytest.mark.newest_version]

_PRISMA = ("prisma@7.10.1", "@prisma/client@7.10.0", "@prisma/adapter-pg@7.10.1", "pg@8.22.0")
_CALLS = (([1, 1], ["x", "y"]), ([1], ["y"]))
_EXPECTED = [[["public.child", 2]], []]
_NODE = """
import * as guard from "./guard.mjs";
import pg from "pg";
const call = Object.values(guard).find((each) => typeof each === "function");
const pool = new pg.Pool({ host: process.env.HOST_DIR, database: process.env.DATABASE, user: "postgres", max: 1 });
%s
const found = [];
for (const keys of JSON.parse(process.env.CALLS)) {
  const rows = await call(db, ...keys);
  found.push(rows.map((row) => [row.table_name, row.rows]));
}
console.log(JSON.stringify(found));
process.exit(0);
"""
_SETUPS = {
    "node-postgres": "const db = await pool.connect();",
    "drizzle": 'import { drizzle } from "drizzle-orm/node-postgres";\nconst db = drizzle(pool);',
    "prisma": 'import client from "@prisma/client";\nimport { PrismaPg } from "@prisma/adapter-pg";\n'
    "const db = new client.PrismaClient({ adapter: new PrismaPg(pool) });",
}
_PYTHON = """
import json, os, guard
call = next(each for name, each in vars(guard).items() if name.startswith("what_blocks"))
%s
print(json.dumps([[[row["table_name"], row["rows"]] for row in call(db, *keys)] for keys in json.loads(os.environ["CALLS"])]))
"""
_PYTHON_SETUPS = {
    "sqlalchemy": "from sqlalchemy import create_engine\n"
    "db = create_engine('postgresql+psycopg://postgres@/' + os.environ['DATABASE'] + '?host=' + os.environ['HOST_DIR']).connect()",
    "django": "from django.conf import settings\nimport django\n"
    "settings.configure(DATABASES={'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['DATABASE'],"
    " 'USER': 'postgres', 'HOST': os.environ['HOST_DIR']}})\ndjango.setup()\nfrom django.db import connection as db",
}
_RUBY = """
require "json"
require "active_record"
require "pg"
before = Object.constants
require_relative "guard"
made = Object.const_get((Object.constants - before).first)
ActiveRecord::Base.establish_connection(adapter: "postgresql", host: ENV["HOST_DIR"], database: ENV["DATABASE"], username: "postgres")
puts JSON.generate(JSON.parse(ENV["CALLS"]).map { |keys| made.call(*keys).map { |row| [row["table_name"], row["rows"]] } })
"""


def _of(tool: str, folder: Path, code: str) -> list[str]:
    """Lay the code and what calls it into a folder, and give the command that runs it."""
    if tool == "rails":
        (folder / "guard.rb").write_text(code)
        (folder / "main.rb").write_text(_RUBY)
        return ["ruby", "main.rb"]
    if tool in _PYTHON_SETUPS:
        (folder / "guard.py").write_text(code)
        (folder / "main.py").write_text(_PYTHON % _PYTHON_SETUPS[tool])
        return [str(python() / "python"), "main.py"]
    modules = node(_PRISMA) if tool == "prisma" else node()
    (folder / "node_modules").symlink_to(modules)
    (folder / "guard.mjs").write_text(code)
    (folder / "main.mjs").write_text(_NODE % _SETUPS[tool])
    if tool == "prisma":
        _generate(modules)
    return ["node", "main.mjs"]


def _generate(modules: Path) -> None:
    """Make the client once; only the part that compares schemas would be downloaded, and it is not needed."""
    folder = modules.parent
    with filling(folder / "generated") as empty:
        if not empty:
            return
        (folder / "schema.prisma").write_text(
            'generator client { provider = "prisma-client-js" }\n'.replace("{ ", "{\n  ").replace(" }", "\n}")
            + 'datasource db {\n  provider = "postgresql"\n}\nmodel thing {\n  id Int @id\n}\n'
        )
        environment = {**os.environ, "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "CHECKPOINT_DISABLE": "1"}
        done = subprocess.run(
            ["npx", "prisma", "generate", "--schema", "schema.prisma"],
            cwd=folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not done.returncode, done.stderr


@pytest.mark.parametrize("tool", [each for each in TOOLS if each != "sql"])
async def test_the_code_runs_whatever_names_are_in_it(database: TestDatabase, tmp_path: Path, tool: str) -> None:
    if tool == "rails" and (lacking(("ruby-activerecord", "ruby-pg")) or shutil.which("ruby") is None):
        pytest.skip("ruby-activerecord and ruby-pg are not installed")
    asks = await hostile(database)
    command = await asyncio.to_thread(_of, tool, tmp_path, guard_code(asks, tool))
    found = await asyncio.to_thread(_run, command, tmp_path, database)
    assert found == _EXPECTED


def _run(command: list[str], folder: Path, database: TestDatabase) -> Any:  # noqa: ANN401 - what a tool printed
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {
        "HOST_DIR": database.socket_directory,
        "DATABASE": database.name,
        "CALLS": json.dumps(_CALLS),
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    sys.stderr.write(done.stderr)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)
