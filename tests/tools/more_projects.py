"""Projects of tools that come from Debian: Rails and sqitch."""

from __future__ import annotations

from tests.tools.projects import DROP, TABLES, Project

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
}  # fmt: skip
