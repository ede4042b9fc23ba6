-- The body of a function that picks a row and points it at a row that does not exist; `fkd_left` says that it then
-- is an orphan. The braces take queries, the table, and the table as a constant.
-- PostgreSQL 14 to 18. SELECT and UPDATE on the table, SELECT on the referenced one. It runs under the application's
-- path.
declare
  fkd_row pg_catalog.record;
begin
  <<tried>>
  begin
    fkd_stage := 'pick';
    fkd_filtered := pg_catalog.row_security_active({watched});
    {pick} into fkd_row;
    if not found then
      fkd_stage := 'none';
      exit tried;
    end if;
    fkd_stage := 'write';
    begin
      set constraints all immediate;
      update {table} c set {assignment}
       where c.tableoid operator(pg_catalog.=) fkd_row.fkd_t and c.ctid operator(pg_catalog.=) fkd_row.fkd_i
      returning c.tableoid as fkd_t, c.ctid as fkd_i into fkd_row;
      get diagnostics fkd_touched = row_count;
    exception when others then
      get stacked diagnostics {diagnostics};
      exit tried;
    end;
    fkd_stage := 'left';
    select exists (select from {table} c
                    where c.tableoid operator(pg_catalog.=) fkd_row.fkd_t
                      and c.ctid operator(pg_catalog.=) fkd_row.fkd_i and {orphan}) into fkd_left;
    fkd_stage := 'done';
  exception when others then
    get stacked diagnostics {diagnostics};
  end tried;
end
