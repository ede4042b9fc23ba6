-- The body of a function that runs one statement, a constant with the values it is given; what it meets is its result.
-- The braces take the statement, its values, and the table it is about as a constant.
-- PostgreSQL 14 to 18. What the statement needs. It runs under the application's path.
begin
  fkd_stage := 'write';
  begin
    fkd_filtered := pg_catalog.row_security_active({watched});
    execute {statement}{values};
    get diagnostics fkd_touched = row_count;
    set constraints all immediate;
    fkd_stage := 'done';
  exception when others then
    get stacked diagnostics {diagnostics};
  end;
end
