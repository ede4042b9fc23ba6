-- The body of a function that changes rows batch by batch for as long as it may, and where a batch is refused tries
-- each row of it alone, to say how many are refused and which is the first: `fkd_detail` has how many of how many,
-- and that row. The braces take the statement of a batch, the query for its rows, what such a row is called, the
-- statement for one, an expression that names it, one that says that it is still there, and seconds.
-- PostgreSQL 14 to 18. What the statements need. It runs under the application's path.
declare
  {row} pg_catalog.record;
  fkd_batch pg_catalog.record;
  fkd_became pg_catalog.bool;
  fkd_tried pg_catalog.int8 := 0;
  fkd_refused pg_catalog.int8 := 0;
  fkd_until pg_catalog.timestamptz := pg_catalog.clock_timestamp()
    operator(pg_catalog.+) pg_catalog.make_interval(0, 0, 0, 0, 0, 0, {seconds});
begin
  set constraints all immediate;
  fkd_touched := 0;
  fkd_filtered := pg_catalog.row_security_active({watched});
  <<batches>>
  loop
    fkd_stage := 'write';
    begin
      {batch} into fkd_batch;
      fkd_left := fkd_batch.found operator(pg_catalog.>) fkd_batch.changed;
      if fkd_left then
        raise exception using errcode = 'FKD02', message = 'not what it should become';
      end if;
    exception when others then
      get stacked diagnostics {diagnostics};
      exit batches;
    end;
    fkd_touched := fkd_touched operator(pg_catalog.+) fkd_batch.changed;
    exit batches when fkd_batch.found operator(pg_catalog.=) 0
      or pg_catalog.clock_timestamp() operator(pg_catalog.>) fkd_until;
  end loop;
  fkd_detail := '';
  for {row} in {rows} loop
    exit when fkd_code is null or pg_catalog.clock_timestamp() operator(pg_catalog.>) fkd_until;
    fkd_tried := fkd_tried operator(pg_catalog.+) 1;
    begin
      if {there} then
        fkd_became := null;
        {one} into fkd_became;
        if fkd_became is not true then
          raise exception using errcode = 'FKD02', message = 'not what it should become';
        end if;
      end if;
    exception when others then
      fkd_refused := fkd_refused operator(pg_catalog.+) 1;
      if fkd_refused operator(pg_catalog.=) 1 then
        get stacked diagnostics {diagnostics};
        fkd_detail := {named};
      end if;
    end;
  end loop;
  fkd_detail := pg_catalog.format('%s|%s|%s', fkd_refused, fkd_tried, fkd_detail);
end
