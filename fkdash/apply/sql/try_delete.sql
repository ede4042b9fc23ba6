-- The body of a function that picks a row, again where rows refer to it by now (if asked to), and deletes it; what
-- it meets is its result. The braces take a query, the table, and the table as a constant; `key` is the picked key as
-- an error spells it.
-- PostgreSQL 14 to 18. SELECT and UPDATE for the picking, DELETE. It runs under the application's path.
declare
  fkd_row pg_catalog.record;
begin
  <<tried>>
  begin
    fkd_stage := 'pick';
    fkd_filtered := pg_catalog.row_security_active({watched});
    for fkd_try in 1 .. {tries} loop
      {pick} into fkd_row;
      if not found then
        fkd_stage := 'none';
        exit tried;
      end if;
      fkd_left := false;
      if {again} then
        -- The first query's snapshot is older than its lock; a query of its own has a new one.
        {left} into fkd_left;
      end if;
      exit when not fkd_left;
    end loop;
    if fkd_left then
      fkd_stage := 'none';
      exit tried;
    end if;
    fkd_stage := 'write';
    begin
      delete from {table} p
       where p.tableoid operator(pg_catalog.=) fkd_row.fkd_t and p.ctid operator(pg_catalog.=) fkd_row.fkd_i;
      get diagnostics fkd_touched = row_count;
      set constraints all immediate;
    exception when others then
      get stacked diagnostics {diagnostics};
      -- A foreign key's refusal says "Key (id)=(7) is still referenced …" of the row that cannot go.
      fkd_named := pg_catalog.strpos(fkd_detail, pg_catalog.concat('=(', {key}, ')')) operator(pg_catalog.>) 0;
      exit tried;
    end;
    fkd_stage := 'left';
    {left} into fkd_left;
    fkd_stage := 'done';
  exception when others then
    get stacked diagnostics {diagnostics};
  end tried;
end
