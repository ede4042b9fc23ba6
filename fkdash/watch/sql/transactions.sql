-- What statistics count in this database: transactions that were committed, those that were rolled back, deadlocks.
-- One row. Versions 14-18, no privileges. Every error rolls back; so does an application that means to.
select xact_commit as committed, xact_rollback as rolled_back, deadlocks
  from pg_stat_database where datname = current_database()
