-- The operator by which a foreign key of the columns named $3 of table $1 to the columns named $4 of table $2 would
-- compare each pair, as OPERATOR() has it: the equality of the referenced type's default operator class for both
-- types, else for its own alone (the referencing side is then cast). NULL where there is none.
-- PostgreSQL 14 to 18. No privileges needed.
select pair.place,
       (select quote_ident(n.nspname) || '.' || o.oprname
          from pg_amop am
          join pg_operator o on o.oid = am.amopopr
          join pg_namespace n on n.oid = o.oprnamespace
         where am.amopfamily = class.opcfamily and am.amopstrategy = 3
           and am.amoplefttype in (class.opcintype, theirs.type) and am.amoprighttype in (own.type, class.opcintype)
         order by am.amoprighttype = own.type desc, am.amoplefttype = theirs.type desc
         limit 1) as operator
  from unnest($3::text[], $4::text[]) with ordinality as pair (own, theirs, place)
  join lateral (with recursive below (type, base) as (  -- a domain may be one over another
                    select t.oid, t.typbasetype from pg_attribute a join pg_type t on t.oid = a.atttypid
                     where a.attrelid = $1::oid and a.attname = pair.own
                    union all select t.oid, t.typbasetype from below b join pg_type t on t.oid = b.base)
                select b.type from below b where b.base = 0) own on true
  join lateral (with recursive below (type, base) as (  -- a domain may be one over another
                    select t.oid, t.typbasetype from pg_attribute a join pg_type t on t.oid = a.atttypid
                     where a.attrelid = $2::oid and a.attname = pair.theirs
                    union all select t.oid, t.typbasetype from below b join pg_type t on t.oid = b.base)
                select b.type from below b where b.base = 0) theirs on true
  left join lateral (select c.opcfamily, c.opcintype
                       from pg_opclass c join pg_am m on m.oid = c.opcmethod and m.amname = 'btree'
                       join pg_type t on t.oid = theirs.type
                      where c.opcdefault
                        and (c.opcintype = theirs.type
                             or (t.typtype = 'e' and c.opcintype = 'anyenum'::regtype)
                             or (t.typcategory = 'A' and c.opcintype = 'anyarray'::regtype)
                             or (t.typtype = 'r' and c.opcintype = 'anyrange'::regtype)
                             or (t.typname in ('varchar') and c.opcintype = 'text'::regtype))
                      order by c.opcintype = theirs.type desc
                      limit 1) class on true
 order by pair.place
