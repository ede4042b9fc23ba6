-- Behaviour of PostgreSQL that a preview must know: one experiment each.
-- Each starts with its name and what it shows, then the delete, then the versions that accept the DDL; tables and rows follow.

-- experiment nn1: NOT NULL column + ON DELETE SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn1b: … and no child row matches
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,2);

-- experiment nn2: nullable + SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1),(11,2);

-- experiment nn3: SET DEFAULT with no default on a nullable column = SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn4: SET DEFAULT with no default on a NOT NULL column
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn5: SET DEFAULT, default present in parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn6: SET DEFAULT, default absent from parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 99 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn6d: … the same, constraint INITIALLY DEFERRED
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 99 REFERENCES p ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1);

-- experiment nn7: SET DEFAULT, default = key of the row being deleted (child already holds it)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn7d: … the same, INITIALLY DEFERRED
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1);

-- experiment nn7b: SET DEFAULT, default = another row deleted by the same statement
-- delete p WHERE id IN (1,2)
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn8: default is an expression, evaluated per row at delete time
-- delete p WHERE id=1
-- versions 14 to 18
CREATE SEQUENCE sq;
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT nextval('f.sq')+1 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn9: domain with NOT NULL: attnotnull is false, yet SET NULL fails
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN dnn AS int NOT NULL;
CREATE TABLE c(id int, pid dnn REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn9e: NOT NULL domain, but no child row matches
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN dnn AS int NOT NULL;
CREATE TABLE c(id int, pid dnn REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,2);

-- experiment nn9b: domain with CHECK (VALUE IS NOT NULL)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN dck AS int CONSTRAINT dck_c CHECK (VALUE IS NOT NULL);
CREATE TABLE c(id int, pid dck REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn9c: domain over a NOT NULL domain (typnotnull is only on the base domain)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN d1 AS int NOT NULL;
CREATE DOMAIN d2 AS d1;
CREATE TABLE c(id int, pid d2 REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn9d: domain default is used by SET DEFAULT (pg_attrdef has no row)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN dd AS int DEFAULT 2;
CREATE TABLE c(id int, pid dd REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);

-- experiment nn10: CHECK (col IS NOT NULL)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CONSTRAINT c_nn CHECK (pid IS NOT NULL));
INSERT INTO c VALUES (10,1);

-- experiment nn11: CHECK disjunction
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, other int, CONSTRAINT c_one CHECK (pid IS NOT NULL OR other IS NOT NULL));
INSERT INTO c VALUES (10,1,NULL);

-- experiment nn11b: … a row that satisfies the other arm
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, other int, CONSTRAINT c_one CHECK (pid IS NOT NULL OR other IS NOT NULL));
INSERT INTO c VALUES (10,1,5);

-- experiment nn12: CHECK that becomes NULL (unknown) passes
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CONSTRAINT c_pos CHECK (pid > 0));
INSERT INTO c VALUES (10,1);

-- experiment nn13: NOT VALID CHECK: old bad rows are re-checked when the action updates them
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, x int);
INSERT INTO c VALUES (10,1,-5);
ALTER TABLE c ADD CONSTRAINT c_x CHECK (x>0) NOT VALID;

-- experiment nn13b: … CASCADE does not evaluate checks
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE, x int);
INSERT INTO c VALUES (10,1,-5);
ALTER TABLE c ADD CONSTRAINT c_x CHECK (x>0) NOT VALID;

-- experiment nn14: FK column is part of the child's primary key + SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, PRIMARY KEY (id,pid));
INSERT INTO c VALUES (10,1);

-- experiment nn15: NOT NULL … NOT VALID (18): old rows may be null, new values may not
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1),(11,NULL);
ALTER TABLE c ADD CONSTRAINT c_pid_nn NOT NULL pid NOT VALID;

-- experiment nn15b: NOT VALID NOT NULL on another column of an updated row that is null
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, z int);
INSERT INTO c VALUES (10,1,NULL);
ALTER TABLE c ADD CONSTRAINT c_z_nn NOT NULL z NOT VALID;

-- experiment nn15c: CHECK … NOT ENFORCED (18) is not evaluated
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CONSTRAINT c_nn CHECK (pid IS NOT NULL) NOT ENFORCED);
INSERT INTO c VALUES (10,1);

-- experiment nn16b: stored generated FK column: CASCADE works
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int GENERATED ALWAYS AS (id-9) STORED REFERENCES p ON DELETE CASCADE);
INSERT INTO c(id) VALUES (10);

-- experiment nn16c: virtual generated FK column (18)
-- delete p WHERE id=1
-- versions 18 to 17
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int GENERATED ALWAYS AS (id-9) VIRTUAL REFERENCES p ON DELETE CASCADE);

-- experiment nn16d: a NOT NULL generated column computed from the FK column blocks SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, g int GENERATED ALWAYS AS (pid*2) STORED NOT NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn16e: a NOT NULL virtual generated column (18)
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, g int GENERATED ALWAYS AS (pid*2) VIRTUAL NOT NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn17: identity column + SET NULL (identity implies NOT NULL)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int GENERATED BY DEFAULT AS IDENTITY REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn17b: identity column + SET DEFAULT takes the next sequence value
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int GENERATED ALWAYS AS IDENTITY (START 2) REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c OVERRIDING SYSTEM VALUE VALUES (10,1);

-- experiment nn18: two problems in one row: NOT NULL is reported before CHECK
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL, CONSTRAINT c_nn CHECK (pid IS NOT NULL));
INSERT INTO c VALUES (10,1);

-- experiment nn18d: domain constraint is reported before NOT NULL and CHECK of the table
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE DOMAIN dck AS int CONSTRAINT dck_c CHECK (VALUE IS NOT NULL);
CREATE TABLE c(id int, pid dck NOT NULL CONSTRAINT c_ck CHECK (pid IS NOT NULL) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment nn18b: several failing CHECKs: alphabetical by constraint name
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CONSTRAINT z_first CHECK (pid IS NOT NULL), CONSTRAINT a_second CHECK (pid IS NOT NULL));
INSERT INTO c VALUES (10,1);

-- experiment nn18c: several NOT NULL columns: lowest attnum first
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1);
CREATE TABLE c(id int, y int NOT NULL, x int NOT NULL, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1);

-- experiment cf1: SET NULL nulls all referencing columns
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1),(11,1,2);

-- experiment cf2: one column NOT NULL is enough to block
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int NOT NULL, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1);

-- experiment cf3: SET NULL (cols), 15+: confdelsetcols
-- delete p WHERE a=1 AND b=1
-- versions 15 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int NOT NULL, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET NULL (y));
INSERT INTO c VALUES (10,1,1);

-- experiment cf3b: SET DEFAULT (cols), 15+
-- delete p WHERE a=1 AND b=1
-- versions 15 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int DEFAULT 2, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET DEFAULT (y));
INSERT INTO c VALUES (10,1,1);

-- experiment cf4: MATCH FULL + SET NULL (cols): the half-null row violates MATCH FULL
-- delete p WHERE a=1 AND b=1
-- versions 15 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int, FOREIGN KEY (x,y) REFERENCES p MATCH FULL ON DELETE SET NULL (y));
INSERT INTO c VALUES (10,1,1);

-- experiment cf4b: MATCH FULL + SET NULL (all)
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int, FOREIGN KEY (x,y) REFERENCES p MATCH FULL ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1);

-- experiment cf4c: MATCH FULL + SET DEFAULT giving (value,null)
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int DEFAULT 1, y int, FOREIGN KEY (x,y) REFERENCES p MATCH FULL ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1,1);

-- experiment cf5: MATCH SIMPLE: a row with any null column does not reference anything
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE NO ACTION);
INSERT INTO c VALUES (10,1,NULL),(11,NULL,1);

-- experiment cf5b: … nor is it touched by CASCADE
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1,NULL),(11,1,1);

-- experiment cf7: SET DEFAULT composite: one default, the other null
-- delete p WHERE a=1 AND b=1
-- versions 14 to 18
CREATE TABLE p(a int, b int, PRIMARY KEY(a,b));
INSERT INTO p VALUES (1,1),(1,2);
CREATE TABLE c(id int, x int DEFAULT 1, y int, FOREIGN KEY (x,y) REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1,1);

-- experiment cf8: FK to a UNIQUE constraint or bare unique index with nulls in the parent key: null parent keys are never referenced
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY, u int UNIQUE);
INSERT INTO p VALUES (1,NULL);
CREATE TABLE c(id int, pu int REFERENCES p(u));
INSERT INTO c VALUES (10,NULL);

-- experiment or1: NO ACTION: SQLSTATE, message, fields
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,1),(11,1);

-- experiment or2: RESTRICT: SQLSTATE, message, fields
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1);

-- experiment or3: parent table blocked by two tables: only the first is reported
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int CONSTRAINT zz REFERENCES p);
CREATE TABLE d(pid int CONSTRAINT aa REFERENCES p);
INSERT INTO c VALUES (1);
INSERT INTO d VALUES (1);

-- experiment or4: a CASCADE created first whose grandchildren block, and a direct NO ACTION created later: the direct one is reported (it is nearer in the queue)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE g(aid int CONSTRAINT g_a REFERENCES a);
INSERT INTO g VALUES (1);
CREATE TABLE d(pid int CONSTRAINT d_p REFERENCES p);
INSERT INTO d VALUES (1);

-- experiment or5: a SET NULL that fails is immediate: it is reported before a direct NO ACTION whose constraint is newer
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (1);
CREATE TABLE d(pid int CONSTRAINT d_p REFERENCES p);
INSERT INTO d VALUES (1);

-- experiment or6: … and after one whose constraint is older
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE d(pid int CONSTRAINT d_p REFERENCES p);
INSERT INTO d VALUES (1);
CREATE TABLE c(pid int NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (1);

-- experiment di1: diamond: p→a CASCADE, c→a CASCADE, c→p NO ACTION
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, aid int REFERENCES a ON DELETE CASCADE, pid int CONSTRAINT c_p REFERENCES p);
INSERT INTO c VALUES (10,1,1);

-- experiment di1r: … with RESTRICT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, aid int REFERENCES a ON DELETE CASCADE, pid int CONSTRAINT c_p REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1,1);

-- experiment di1d: … with NO ACTION DEFERRABLE INITIALLY DEFERRED
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, aid int REFERENCES a ON DELETE CASCADE, pid int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1,1);

-- experiment di1i: … with NO ACTION DEFERRABLE INITIALLY IMMEDIATE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, aid int REFERENCES a ON DELETE CASCADE, pid int CONSTRAINT c_p REFERENCES p DEFERRABLE INITIALLY IMMEDIATE);
INSERT INTO c VALUES (10,1,1);

-- experiment di1rd: … with RESTRICT DEFERRABLE INITIALLY DEFERRED (still immediate)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, aid int REFERENCES a ON DELETE CASCADE, pid int CONSTRAINT c_p REFERENCES p ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1,1);

-- experiment di2: the other way round: c→p CASCADE, a→p CASCADE, c→a NO ACTION: by the time a's check runs, c is gone
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE, aid int CONSTRAINT c_a REFERENCES a);
INSERT INTO c VALUES (10,1,1);

-- experiment di2r: … with RESTRICT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE, aid int CONSTRAINT c_a REFERENCES a ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1,1);

-- experiment di3: two FKs to the same parent row, CASCADE created first, NO ACTION second
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE, y int CONSTRAINT c_y REFERENCES p);
INSERT INTO c VALUES (10,1,1);

-- experiment di3b: … NO ACTION created first, CASCADE second
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, y int CONSTRAINT c_y REFERENCES p, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1,1);

-- experiment di3r: CASCADE first, RESTRICT second
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE, y int CONSTRAINT c_y REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1,1);

-- experiment di3s: SET NULL NOT NULL-failing first vs CASCADE second: order decides
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, y int NOT NULL CONSTRAINT c_y REFERENCES p ON DELETE SET NULL, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1,1);

-- experiment di3t: … CASCADE first
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE, y int NOT NULL CONSTRAINT c_y REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1);

-- experiment di4: multi-row delete: c.x→p CASCADE (first), c.y→p NO ACTION; c row has x=2,y=1; rows scanned 1 then 2
-- delete p WHERE id IN (1,2)
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, x int REFERENCES p ON DELETE CASCADE, y int CONSTRAINT c_y REFERENCES p);
INSERT INTO c VALUES (10,2,1);

-- experiment di4b: … the same data, parent rows physically stored 2 then 1
-- delete p WHERE id+0 IN (1,2)
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (2),(1);
CREATE TABLE c(id int, x int REFERENCES p ON DELETE CASCADE, y int CONSTRAINT c_y REFERENCES p);
INSERT INTO c VALUES (10,2,1);

-- experiment di5: three levels: order is breadth-first, not depth-first
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE b(id int PRIMARY KEY, aid int REFERENCES a ON DELETE CASCADE);
CREATE TABLE m(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE x(bid int REFERENCES b ON DELETE CASCADE, mid int CONSTRAINT x_m REFERENCES m);
INSERT INTO a VALUES (1,1);
INSERT INTO b VALUES (1,1);
INSERT INTO m VALUES (1,1);
INSERT INTO x VALUES (1,1);

-- experiment di5b: … when the NO ACTION edge hangs one level deeper than the cascade
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE b(id int PRIMARY KEY, aid int REFERENCES a ON DELETE CASCADE);
CREATE TABLE m(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE x(mid int REFERENCES m ON DELETE CASCADE, bid int CONSTRAINT x_b REFERENCES b);
INSERT INTO a VALUES (1,1);
INSERT INTO b VALUES (1,1);
INSERT INTO m VALUES (1,1);
INSERT INTO x VALUES (1,1);

-- experiment di5c: same depth (a created before m): x→a CASCADE, x→m NO ACTION
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE m(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE x(aid int REFERENCES a ON DELETE CASCADE, mid int CONSTRAINT x_m REFERENCES m);
INSERT INTO a VALUES (1,1);
INSERT INTO m VALUES (1,1);
INSERT INTO x VALUES (1,1);

-- experiment di5d: … m created before a
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE m(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE x(aid int REFERENCES a ON DELETE CASCADE, mid int CONSTRAINT x_m REFERENCES m);
INSERT INTO a VALUES (1,1);
INSERT INTO m VALUES (1,1);
INSERT INTO x VALUES (1,1);

-- experiment di6: c.k references p (SET NULL) and q (NO ACTION); q cascades from p: the SET NULL runs before q's check
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE q(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO q VALUES (1,1);
CREATE TABLE c(id int, k int REFERENCES p ON DELETE SET NULL, CONSTRAINT c_q FOREIGN KEY (k) REFERENCES q(id));
INSERT INTO c VALUES (10,1);

-- experiment di7: two FKs on the same column to the same parent: NO ACTION and CASCADE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, k int, CONSTRAINT c_cas FOREIGN KEY (k) REFERENCES p ON DELETE CASCADE, CONSTRAINT c_na FOREIGN KEY (k) REFERENCES p);
INSERT INTO c VALUES (10,1);

-- experiment sr1: self-reference NO ACTION, whole chain in one statement
-- delete t WHERE true
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t );
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr1b: … row by row, parent first
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t );
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr2: self-reference RESTRICT, whole chain in one statement
-- delete t WHERE true
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE RESTRICT);
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr2b: self-reference RESTRICT, part of the chain
-- delete t WHERE id IN (1,2)
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE RESTRICT);
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr3: self-reference: a row that references itself
-- delete t WHERE true
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int REFERENCES t ON DELETE RESTRICT);
INSERT INTO t VALUES (1,1);

-- experiment sr4: self-reference CASCADE chain
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE CASCADE);
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr4b: command tag counts only the rows of the statement itself, not cascaded ones
-- delete t WHERE id=2
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE CASCADE);
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr5: self-reference SET NULL on a row itself deleted
-- delete t WHERE id IN (1,2)
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE SET NULL);
INSERT INTO t VALUES (1,NULL),(2,1),(3,2);

-- experiment sr6: SET NULL with a check on a row that is deleted later in the cascade: the order still decides
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE a(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO a VALUES (1,1);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL, aid int REFERENCES a ON DELETE CASCADE);
INSERT INTO c VALUES (10,1,1);

-- experiment sr5b: self-reference SET NULL + NOT NULL, referencing row deleted by the same statement: no error
-- delete t WHERE true
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int NOT NULL REFERENCES t ON DELETE SET NULL);
INSERT INTO t VALUES (1,1),(2,1);

-- experiment cy1: two-table cycle NO ACTION: cannot delete either row in one statement
-- delete a WHERE true
-- versions 14 to 18
CREATE TABLE a(id int PRIMARY KEY, bid int);
CREATE TABLE b(id int PRIMARY KEY, aid int CONSTRAINT b_a REFERENCES a);
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (bid) REFERENCES b;
INSERT INTO a VALUES (1,NULL);
INSERT INTO b VALUES (1,1); UPDATE a SET bid=1;

-- experiment cy2: two-table cycle CASCADE / NO ACTION: the back-reference comes from the deleted row
-- delete a WHERE true
-- versions 14 to 18
CREATE TABLE a(id int PRIMARY KEY, bid int);
CREATE TABLE b(id int PRIMARY KEY, aid int CONSTRAINT b_a REFERENCES a ON DELETE CASCADE);
ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (bid) REFERENCES b ON DELETE RESTRICT;
INSERT INTO a VALUES (1,NULL);
INSERT INTO b VALUES (1,1); UPDATE a SET bid=1;

-- experiment cy3: two-table cycle CASCADE both ways deletes the whole component
-- delete a WHERE id=1
-- versions 14 to 18
CREATE TABLE a(id int PRIMARY KEY, bid int);
CREATE TABLE b(id int PRIMARY KEY, aid int REFERENCES a ON DELETE CASCADE);
ALTER TABLE a ADD FOREIGN KEY (bid) REFERENCES b ON DELETE CASCADE;
INSERT INTO a VALUES (1,NULL),(2,NULL);
INSERT INTO b VALUES (1,1),(2,2); UPDATE a SET bid=3-id;

-- experiment re3: NO ACTION, not deferrable: an AFTER trigger that runs earlier puts the key back: accepted
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE NO ACTION);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.re() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO f.p VALUES (OLD.id); RETURN NULL; END$$;
CREATE TRIGGER "A_re" AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.re();

-- experiment re3r: … RESTRICT: refused
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.re() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO f.p VALUES (OLD.id); RETURN NULL; END$$;
CREATE TRIGGER "A_re" AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.re();

-- experiment de1: NO ACTION INITIALLY DEFERRED: DELETE succeeds, COMMIT fails
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1);

-- experiment de3: DEFERRABLE INITIALLY IMMEDIATE: fails at the statement
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p DEFERRABLE);
INSERT INTO c VALUES (10,1);

-- experiment de4: RESTRICT INITIALLY DEFERRED: fails at the statement
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1);

-- experiment de6: CHECK and NOT NULL are never deferred, even under a deferred FK
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1);

-- experiment de7: self-reference deferred NO ACTION, remaining child
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t DEFERRABLE INITIALLY DEFERRED);
INSERT INTO t VALUES (1,NULL),(2,1);

-- experiment de8: an immediate blocker wins over a deferred one created earlier
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int CONSTRAINT c_def REFERENCES p DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE d(pid int CONSTRAINT d_imm REFERENCES p);
INSERT INTO c VALUES (1);
INSERT INTO d VALUES (1);

-- experiment de9: deferred NO ACTION + later statement of the action set (SET NULL by another FK) clears it
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, k int, CONSTRAINT c_def FOREIGN KEY (k) REFERENCES p DEFERRABLE INITIALLY DEFERRED, CONSTRAINT c_sn FOREIGN KEY (k) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);

-- experiment ou_noaction: m.k SET NULL; grandchild references m.k with ON UPDATE NO ACTION
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE NO ACTION);
INSERT INTO g VALUES (50,1);

-- experiment ou_restrict: m.k SET NULL; grandchild references m.k with ON UPDATE RESTRICT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE RESTRICT);
INSERT INTO g VALUES (50,1);

-- experiment ou_cascade: m.k SET NULL; grandchild references m.k with ON UPDATE CASCADE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE CASCADE);
INSERT INTO g VALUES (50,1);

-- experiment ou_nochange: SET DEFAULT whose default equals the current key of the middle row: key unchanged, no ON UPDATE action; the row still references the deleted parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int DEFAULT 1 UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE RESTRICT);
INSERT INTO g VALUES (1);

-- experiment ou_setnull: m.k SET NULL; grandchild references m.k with ON UPDATE SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE SET NULL);
INSERT INTO g VALUES (50,1);

-- experiment ou_setdefault: m.k SET NULL; grandchild references m.k with ON UPDATE SET DEFAULT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE SET DEFAULT);
INSERT INTO g VALUES (50,1);

-- experiment ou_c_nn: ON UPDATE CASCADE carries the NULL into a NOT NULL grandchild
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int NOT NULL CONSTRAINT g_m REFERENCES m(k) ON UPDATE CASCADE);
INSERT INTO g VALUES (50,1);

-- experiment ou_d_c: m.k SET DEFAULT 2 and ON UPDATE CASCADE carries the default
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int DEFAULT 2 UNIQUE CONSTRAINT m_p REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON UPDATE CASCADE);
INSERT INTO g VALUES (50,1);

-- experiment ou_d_same: m.k SET DEFAULT onto a value another row holds
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int DEFAULT 2 CONSTRAINT m_k UNIQUE REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO m VALUES (5,1),(6,2);

-- experiment ou_on_delete: ON DELETE of the grandchild is irrelevant to an UPDATE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) ON DELETE CASCADE);
INSERT INTO g VALUES (50,1);

-- experiment ou_comp: composite middle key: nulling one column of it triggers ON UPDATE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE m(id int PRIMARY KEY, k int REFERENCES p ON DELETE SET NULL, z int, UNIQUE (k,z));
INSERT INTO m VALUES (5,1,9);
CREATE TABLE g(a int, b int, CONSTRAINT g_m FOREIGN KEY (a,b) REFERENCES m(k,z) ON UPDATE CASCADE);
INSERT INTO g VALUES (1,9);

-- experiment ou_mf: … with a MATCH FULL grandchild ON UPDATE CASCADE gets a half-null key
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE m(id int PRIMARY KEY, k int REFERENCES p ON DELETE SET NULL, z int, UNIQUE (k,z));
INSERT INTO m VALUES (5,1,9);
CREATE TABLE g(a int, b int, CONSTRAINT g_m FOREIGN KEY (a,b) REFERENCES m(k,z) MATCH FULL ON UPDATE CASCADE);
INSERT INTO g VALUES (1,9);

-- experiment ou_noact_def: ON UPDATE NO ACTION INITIALLY DEFERRED: error moves to COMMIT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int PRIMARY KEY, k int UNIQUE REFERENCES p ON DELETE SET NULL);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(id int, mk int CONSTRAINT g_m REFERENCES m(k) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO g VALUES (50,1);

-- experiment nv1: NOT VALID FK: action fires (CASCADE)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int);
INSERT INTO c VALUES (10,1),(11,77);
ALTER TABLE c ADD CONSTRAINT c_fk FOREIGN KEY (pid) REFERENCES p ON DELETE CASCADE NOT VALID;

-- experiment nv2: NOT VALID FK: NO ACTION blocks
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int);
INSERT INTO c VALUES (10,1);
ALTER TABLE c ADD CONSTRAINT c_fk FOREIGN KEY (pid) REFERENCES p NOT VALID;

-- experiment nv3: an orphan under a NOT VALID FK is not re-checked when another column of its row is set null
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE q(id int PRIMARY KEY);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, qid int);
INSERT INTO c VALUES (10,1,77);
ALTER TABLE c ADD CONSTRAINT c_q FOREIGN KEY (qid) REFERENCES q NOT VALID;

-- experiment ne1: NOT ENFORCED FK (18): no triggers, nothing happens
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE NOT ENFORCED);
INSERT INTO c VALUES (10,1);

-- experiment dt1: ALTER TABLE p DISABLE TRIGGER ALL: no action, no check
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
ALTER TABLE p DISABLE TRIGGER ALL;

-- experiment dt2: DISABLE TRIGGER ALL on the child only: CASCADE still works; the action triggers live on the parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
ALTER TABLE c DISABLE TRIGGER ALL;

-- experiment dt2b: … SET DEFAULT to a missing key is then not checked
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 99 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);
ALTER TABLE c DISABLE TRIGGER ALL;

-- experiment dt3: DISABLE TRIGGER USER does not affect foreign keys
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
ALTER TABLE p DISABLE TRIGGER USER;

-- experiment dt5: RI trigger set to ENABLE REPLICA does not fire in a ordinary connection
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1); DO $$DECLARE n text; BEGIN FOR n IN SELECT tgname FROM pg_trigger WHERE tgrelid='f.p'::regclass LOOP EXECUTE format('ALTER TABLE f.p ENABLE REPLICA TRIGGER %I',n); END LOOP; END$$;

-- experiment pt1: partitioned parent, NO ACTION: table and constraint named in the error
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
INSERT INTO p VALUES (1),(11);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,1);

-- experiment pt1c: … deleting directly from the partition
-- delete p1 WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
INSERT INTO p VALUES (1),(11);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);

-- experiment pt1r: partitioned parent, RESTRICT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
INSERT INTO p VALUES (1),(11);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1);

-- experiment pt2: partitioned child, NO ACTION: error names the partitioned root
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE NO ACTION) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
INSERT INTO c VALUES (5,1),(15,1);

-- experiment pt2c: partitioned child, CASCADE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
INSERT INTO c VALUES (5,1),(15,1);

-- experiment pt2d: partitioned child, SET NULL with NOT NULL only on one partition
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
INSERT INTO c VALUES (5,1),(15,1);
ALTER TABLE c2 ALTER pid SET NOT NULL;

-- experiment pt2e: partitioned child, CHECK only on one partition
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
INSERT INTO c VALUES (5,1),(15,1);
ALTER TABLE c2 ADD CONSTRAINT c2_ck CHECK (pid IS NOT NULL);

-- experiment pt2f: FK declared on one partition only
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
ALTER TABLE c2 ADD CONSTRAINT c2_fk FOREIGN KEY (pid) REFERENCES p;
INSERT INTO c VALUES (5,1),(15,1);

-- experiment pt2g: … with only rows in the other partition
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
ALTER TABLE c2 ADD CONSTRAINT c2_fk FOREIGN KEY (pid) REFERENCES p;
INSERT INTO c VALUES (5,1);

-- experiment pt3: SET DEFAULT uses the default of the partitioned root, not the partition's
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET DEFAULT) PARTITION BY RANGE (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10);
CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
INSERT INTO c VALUES (5,1),(15,1);
ALTER TABLE c ALTER pid SET DEFAULT 2;
ALTER TABLE c1 ALTER pid SET DEFAULT 99;

-- experiment pt4: FK column is the partition key: SET NULL needs a partition for NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
INSERT INTO c VALUES (5,1);

-- experiment pt4b: … a DEFAULT partition receives the row (row movement)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
CREATE TABLE cd PARTITION OF c DEFAULT;
INSERT INTO c VALUES (5,1);

-- experiment pt4c: row movement of a middle row referenced by a grandchild ON DELETE CASCADE (key unchanged)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE m(id int, pid int REFERENCES p ON DELETE SET DEFAULT, pt int) PARTITION BY LIST (id); DROP TABLE m;
CREATE TABLE m(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT, UNIQUE (id,pid)) PARTITION BY LIST (pid);
CREATE TABLE m1 PARTITION OF m FOR VALUES IN (1);
CREATE TABLE m2 PARTITION OF m FOR VALUES IN (2);
INSERT INTO m VALUES (5,1);
CREATE TABLE g(x int, y int, CONSTRAINT g_fk FOREIGN KEY (x,y) REFERENCES m(id,pid) ON UPDATE CASCADE ON DELETE CASCADE);
INSERT INTO g VALUES (5,1);

-- experiment pt5: self-reference on a partitioned table, CASCADE across partitions
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t ON DELETE CASCADE) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
INSERT INTO t VALUES (1,NULL),(11,1),(2,11);

-- experiment pt5b: … NO ACTION
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int CONSTRAINT t_up REFERENCES t) PARTITION BY RANGE (id);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (10);
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (10) TO (20);
INSERT INTO t VALUES (1,NULL),(11,1);

-- experiment in1: inheritance: rows of an inheriting child table are not seen by the FK
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p);
CREATE TABLE ci() INHERITS (c);
INSERT INTO ci VALUES (10,1);

-- experiment in2: inheritance: a parent row living in an inheriting table has no FK triggers
-- delete pi WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
CREATE TABLE pi(PRIMARY KEY(id)) INHERITS (p);
INSERT INTO p VALUES (1);
INSERT INTO pi VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);

-- experiment in2b: DELETE FROM p (no ONLY) also deletes the inheriting rows; only p's own rows fire actions
-- delete p WHERE id IN (1,3)
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
CREATE TABLE pi(PRIMARY KEY(id)) INHERITS (p);
INSERT INTO p VALUES (1);
INSERT INTO pi VALUES (1),(3);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);

-- experiment in3: NOT NULL / CHECK are inherited but the FK is not; SET NULL on c does not touch ci
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL);
CREATE TABLE ci() INHERITS (c);
INSERT INTO c VALUES (10,1);
INSERT INTO ci VALUES (11,1);

-- experiment tr1: BEFORE DELETE trigger on the child returning NULL: the cascade is skipped and an orphan remains
-- delete p WHERE id=1
-- versions 14 to 18
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
CREATE TRIGGER s BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment tr2: BEFORE UPDATE trigger on the child returning NULL skips SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);
CREATE TRIGGER s BEFORE UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment tr2b: … SET DEFAULT is re-checked afterwards, so the skipped row is caught
-- delete p WHERE id=1
-- versions 14 to 18
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1);
CREATE TRIGGER s BEFORE UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment tr3: BEFORE DELETE trigger on the parent returning NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
CREATE TRIGGER s BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment tr4: BEFORE DELETE trigger on the parent deleting the children: NO ACTION and RESTRICT pass
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE RESTRICT);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.kids() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM f.c WHERE pid=OLD.id; RETURN OLD; END$$;
CREATE TRIGGER s BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.kids();

-- experiment tr5: AFTER DELETE trigger deleting the children, name sorting before 'RI_' (byte order)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.kids() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM f.c WHERE pid=OLD.id; RETURN OLD; END$$;
CREATE TRIGGER "A_kids" AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.kids();

-- experiment tr5b: … name sorting after 'RI_' (any lower-case name)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.kids() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN DELETE FROM f.c WHERE pid=OLD.id; RETURN OLD; END$$;
CREATE TRIGGER a_kids AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.kids();

-- experiment tr6: BEFORE UPDATE trigger replacing the NULL written by SET NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1);
CREATE FUNCTION f.fix() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.pid:=coalesce(NEW.pid,2); RETURN NEW; END$$;
CREATE TRIGGER s BEFORE UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f.fix();

-- experiment ru1: rule ON DELETE DO INSTEAD NOTHING on the child of a CASCADE
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
CREATE RULE r AS ON DELETE TO c DO INSTEAD NOTHING;

-- experiment ru2: soft-delete rule ON DELETE DO INSTEAD UPDATE on the child
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE, gone bool);
INSERT INTO c VALUES (10,1);
CREATE RULE r AS ON DELETE TO c DO INSTEAD UPDATE c SET gone=true WHERE id=OLD.id;

-- experiment ru3: rule ON DELETE DO INSTEAD NOTHING on the parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
CREATE RULE r AS ON DELETE TO p DO INSTEAD NOTHING;

-- experiment pr2: the owner of c has revoked its own DELETE: the cascade fails even for a superuser connection
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);
ALTER TABLE p OWNER TO alice;
ALTER TABLE c OWNER TO alice; GRANT SELECT, DELETE ON p TO bob;REVOKE ALL ON c FROM alice;

-- experiment pr3: NO ACTION check: needs SELECT by the owner of c
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
ALTER TABLE p OWNER TO alice;
ALTER TABLE c OWNER TO alice; GRANT SELECT, DELETE ON p TO bob;REVOKE SELECT ON c FROM alice;

-- experiment pr3b: the check also takes row locks: SELECT alone without UPDATE/DELETE of the owner
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);
ALTER TABLE p OWNER TO alice;
ALTER TABLE c OWNER TO alice; GRANT SELECT, DELETE ON p TO bob;REVOKE ALL ON c FROM alice; GRANT SELECT ON c TO alice;

-- experiment pr4: USAGE on the child's schema is needed by the child's owner
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE SCHEMA g;
CREATE TABLE g.c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO g.c VALUES (10,1);
ALTER TABLE g.c OWNER TO alice;
ALTER TABLE p OWNER TO alice;

-- experiment ty1: int4 child → int8 parent
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id bigint PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,1);

-- experiment ty1b: int8 child → int4 parent, CASCADE, child value out of int4 range in other rows
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid bigint);
INSERT INTO c VALUES (10,1),(11,5000000000);
ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES p ON DELETE CASCADE NOT VALID;

-- experiment ty2: int child → numeric parent; numeric 1.0 = 1
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id numeric PRIMARY KEY);
INSERT INTO p VALUES (1.0);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);

-- experiment ty2b: numeric child 1.00 → numeric parent 1
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id numeric PRIMARY KEY);
INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid numeric CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,1.00);

-- experiment ty3: varchar child → text parent
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid varchar(5) CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,'a');

-- experiment ty4: char(n) → char(m): trailing blanks are insignificant
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id char(5) PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid char(3) REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a');

-- experiment ty4b: text child → char(n) parent: accepted, compared as char(n) blank-insensitively
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id char(5) PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid text REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a');

-- experiment ty4c: char(n) child → text parent: accepted
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid char(5) REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a');

-- experiment ty5: float8: -0 and 0 are the same key; NaN equals NaN
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id float8 PRIMARY KEY);
INSERT INTO p VALUES (0),('NaN');
CREATE TABLE c(id int, pid float8 REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'-0'),(11,'NaN');

-- experiment co1: nondeterministic (case-insensitive) collation on both sides: 'A' references 'a'
-- delete p WHERE true
-- versions 14 to 18
CREATE COLLATION ci (provider=icu, locale='und-u-ks-level2', deterministic=false);
CREATE TABLE p(id text COLLATE ci PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid text COLLATE ci REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'A');

-- experiment co2: case-insensitive parent, plain child: 'A' matched 'a' up to 17; refused from 18
-- delete p WHERE true
-- versions 14 to 17
CREATE COLLATION ci (provider=icu, locale='und-u-ks-level2', deterministic=false);
CREATE TABLE p(id text COLLATE ci PRIMARY KEY);
INSERT INTO p VALUES ('a');
CREATE TABLE c(id int, pid text REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a');
INSERT INTO c VALUES (11,'A');

-- experiment co3: plain parent with 'a' and 'A', case-insensitive child: deleting 'a' removes BOTH child rows up to 17; refused from 18
-- delete p WHERE id='a'
-- versions 14 to 17
CREATE COLLATION ci (provider=icu, locale='und-u-ks-level2', deterministic=false);
CREATE TABLE p(id text PRIMARY KEY);
INSERT INTO p VALUES ('a'),('A');
CREATE TABLE c(id int, pid text COLLATE ci CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a'),(11,'A');

-- experiment co4: different deterministic collations never change the match
-- delete p WHERE id='a'
-- versions 14 to 18
CREATE TABLE p(id text COLLATE "C" PRIMARY KEY);
INSERT INTO p VALUES ('a'),('A');
CREATE TABLE c(id int, pid text COLLATE "POSIX" REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'a'),(11,'A');

-- experiment ty6: arrays and enums as keys
-- delete p WHERE true
-- versions 14 to 18
CREATE TYPE e AS ENUM ('x','y');
CREATE TABLE p(id e PRIMARY KEY);
INSERT INTO p VALUES ('x');
CREATE TABLE c(id int, pid e REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,'x');

-- experiment ty7: temporal FK (18): FOREIGN KEY (id, PERIOD v): NO ACTION only; coverage by other rows is honoured
-- delete p WHERE v @> date '2021-06-01'
-- versions 18 to 18
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public; SET search_path=f,public;
CREATE TABLE p(id int, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES (1,'[2020-01-01,2021-01-01)'),(1,'[2021-01-01,2022-01-01)');
CREATE TABLE c(id int, pid int, v daterange, CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES (10,1,'[2020-03-01,2020-06-01)');

-- experiment ty7b: … deleting the covering row
-- delete p WHERE true
-- versions 18 to 18
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public; SET search_path=f,public;
CREATE TABLE p(id int, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES (1,'[2020-01-01,2021-01-01)');
CREATE TABLE c(id int, pid int, v daterange, CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES (10,1,'[2020-03-01,2020-06-01)');

-- experiment un1: UNIQUE column + SET NULL on several rows: nulls are distinct
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int UNIQUE REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1),(11,NULL);

-- experiment un2: UNIQUE NULLS NOT DISTINCT (15+)
-- delete p WHERE id=1
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_u UNIQUE NULLS NOT DISTINCT REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1),(11,NULL);

-- experiment un3: UNIQUE (pid, kind) + SET NULL: distinct
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, kind int, UNIQUE (pid,kind));
INSERT INTO c VALUES (10,1,7),(11,NULL,7);

-- experiment un4: SET DEFAULT onto a taken unique value
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 CONSTRAINT c_u UNIQUE REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1),(11,2);

-- experiment un4d: CHECK failure is reported before a duplicate key
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 CONSTRAINT c_u UNIQUE REFERENCES p ON DELETE SET DEFAULT, r int, CONSTRAINT c_ck CHECK (r IS NULL OR pid <> 2));
INSERT INTO c VALUES (10,1,1),(11,2,NULL);

-- experiment un4c: SET DEFAULT that is both a duplicate and missing from the parent: the unique index speaks first
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 99 CONSTRAINT c_u UNIQUE, CONSTRAINT c_fk FOREIGN KEY (pid) REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1); SET session_replication_role=replica;
INSERT INTO c VALUES (11,99); RESET session_replication_role;

-- experiment un4b: SET DEFAULT: two rows of different parents to the same default
-- delete p WHERE id IN (1,2)
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2),(3);
CREATE TABLE c(id int, pid int DEFAULT 3 CONSTRAINT c_u UNIQUE REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1),(11,2);

-- experiment un5: partial unique index WHERE pid IS NULL
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, kind int);
CREATE UNIQUE INDEX c_root ON c(kind) WHERE pid IS NULL;
INSERT INTO c VALUES (10,1,7),(11,NULL,7);

-- experiment un6: unique expression index coalesce(pid,0)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL);
CREATE UNIQUE INDEX c_x ON c(coalesce(pid,0));
INSERT INTO c VALUES (10,1),(11,NULL);

-- experiment un7: deferred unique constraint: error at COMMIT
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT, CONSTRAINT c_u UNIQUE (pid) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES (10,1),(11,2);

-- experiment un8: exclusion constraint
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT, CONSTRAINT c_e EXCLUDE (pid WITH =));
INSERT INTO c VALUES (10,1),(11,2);

-- experiment un9: unique index error in an expression index (division by zero)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, z int);
INSERT INTO c VALUES (10,1,0);
CREATE INDEX c_d ON c((CASE WHEN pid IS NULL THEN 1/z ELSE 0 END));

-- experiment un10: SET NULL into a UNIQUE NULLS NOT DISTINCT: two children of the same parent
-- delete p WHERE true
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int, k int, CONSTRAINT c_u UNIQUE NULLS NOT DISTINCT (pid,k), FOREIGN KEY (pid) REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (10,1,1),(11,2,1);

-- experiment un11: CASCADE (created first) frees a unique value before SET DEFAULT takes it
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, x int REFERENCES p ON DELETE CASCADE, y int DEFAULT 2 CONSTRAINT c_u UNIQUE REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (10,1,2),(11,NULL,1);

-- experiment un11b: … SET DEFAULT constraint created first
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, y int DEFAULT 2 CONSTRAINT c_u UNIQUE REFERENCES p ON DELETE SET DEFAULT, x int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,2,1),(11,1,NULL);

-- experiment un12: CHECK naming two FK columns: CHECK (num_nonnulls(a,b)=1)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE q(id int PRIMARY KEY);
INSERT INTO q VALUES (1);
CREATE TABLE c(id int, a int REFERENCES p ON DELETE SET NULL, b int REFERENCES q ON DELETE SET NULL, CONSTRAINT c_xor CHECK (num_nonnulls(a,b)=1));
INSERT INTO c VALUES (10,1,NULL);

-- experiment un13: CHECK on another table's value via function is evaluated with the current data (volatile)
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE FUNCTION f.exists_p(i int) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RETURN EXISTS(SELECT 1 FROM f.p WHERE id=i); END$$;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, w int, CONSTRAINT c_w CHECK (f.exists_p(w)));
INSERT INTO c VALUES (10,1,1);

-- experiment ix1: DELETE with no matching row fires nothing
-- delete p WHERE id=99
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int REFERENCES p);
INSERT INTO c VALUES (10,1);

-- experiment ix2: referenced key is a non-primary UNIQUE column; rows reference it, not the PK
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY, code text UNIQUE);
INSERT INTO p VALUES (1,'x');
CREATE TABLE c(id int, pcode text CONSTRAINT c_fk REFERENCES p(code));
INSERT INTO c VALUES (10,'x');

-- experiment ix3: REPEATABLE READ behaves the same when nobody else writes
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);

-- experiment ix5: renaming an internal RI trigger changes the evaluation order
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, y int CONSTRAINT c_y REFERENCES p, x int CONSTRAINT c_x REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1,1); DO $$DECLARE n text; BEGIN SELECT tgname INTO n FROM pg_trigger t JOIN pg_constraint k ON k.oid=tgconstraint WHERE tgrelid='f.p'::regclass AND conname='c_x' AND tgtype & 8 = 8; EXECUTE format('ALTER TRIGGER %I ON f.p RENAME TO "AAA"',n); END$$;

-- experiment ix6: ALTER CONSTRAINT … DEFERRABLE INITIALLY DEFERRED on an existing NO ACTION FK is effective at once
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, pid int CONSTRAINT c_fk REFERENCES p);
INSERT INTO c VALUES (10,1);
ALTER TABLE c ALTER CONSTRAINT c_fk DEFERRABLE INITIALLY DEFERRED;

-- experiment ix8: SET NULL on a row whose other FK column dangles (orphan left by disabled triggers): not re-checked
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE q(id int PRIMARY KEY);
INSERT INTO q VALUES (7);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, qid int REFERENCES q);
INSERT INTO c VALUES (10,1,7);
ALTER TABLE q DISABLE TRIGGER ALL; DELETE FROM q;
ALTER TABLE q ENABLE TRIGGER ALL;

-- experiment former1: a former disagreement: it is blocked in every order of the rows, by another constraint in each
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE TABLE c(x int REFERENCES p ON DELETE CASCADE, y int CONSTRAINT c_y REFERENCES p); INSERT INTO c VALUES (2,1);
CREATE TABLE d(x int REFERENCES p ON DELETE CASCADE, y int CONSTRAINT d_y REFERENCES p); INSERT INTO d VALUES (1,2);

-- experiment former2: a former disagreement: a partitioned table that no foreign key mentions
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1),(2);

-- experiment former3: a former disagreement: a self-reference takes rows along that the statement did not name
-- delete t WHERE id = 1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE, other int CONSTRAINT t_other REFERENCES t DEFERRABLE INITIALLY DEFERRED);
INSERT INTO t VALUES (1,NULL,NULL),(2,1,NULL),(3,2,NULL),(4,NULL,3);

-- experiment twice1: a row that two actions write has its other foreign keys checked again, orphans included
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE q(id int PRIMARY KEY);
CREATE TABLE c(a int REFERENCES p ON DELETE SET NULL, b int REFERENCES p ON DELETE SET NULL, o int); INSERT INTO c VALUES (1,1,77);
ALTER TABLE c ADD CONSTRAINT c_o FOREIGN KEY (o) REFERENCES q NOT VALID;

-- experiment twice2: ... and one that is written once has not
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE q(id int PRIMARY KEY);
CREATE TABLE c(a int REFERENCES p ON DELETE SET NULL, b int REFERENCES p ON DELETE SET NULL, o int); INSERT INTO c VALUES (1,NULL,77);
ALTER TABLE c ADD CONSTRAINT c_o FOREIGN KEY (o) REFERENCES q NOT VALID;

-- experiment half1: a row that is half null under MATCH FULL NOT VALID is refused when another column of it is written
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE q(a int, b int, PRIMARY KEY (a,b));
CREATE TABLE c(a int REFERENCES p ON DELETE SET NULL, x int, y int); INSERT INTO c VALUES (1,5,NULL);
ALTER TABLE c ADD CONSTRAINT c_q FOREIGN KEY (x,y) REFERENCES q MATCH FULL NOT VALID;

-- experiment trigger1: a trigger of the user's whose name sorts after RI_ cannot save the only row from RESTRICT
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(a int CONSTRAINT c_a REFERENCES p ON DELETE RESTRICT); INSERT INTO c VALUES (1);
CREATE FUNCTION f.log() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER zz AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION f.log();

-- experiment trigger2: a trigger on rows that are not reached changes nothing
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE TABLE c(a int REFERENCES p ON DELETE CASCADE); INSERT INTO c VALUES (2);
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER s BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment trigger3: a BEFORE UPDATE OF trigger on a column that the action does not set does not fire
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(a int REFERENCES p ON DELETE SET NULL, z int); INSERT INTO c VALUES (1,1);
CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER s BEFORE UPDATE OF z ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment cast1: ON UPDATE CASCADE carries a value that the referencing type cannot hold
-- delete q WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE m(k bigint DEFAULT 5000000000 UNIQUE, i int DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT);
CREATE TABLE q(id bigint PRIMARY KEY); INSERT INTO q VALUES (1),(5000000000);
CREATE TABLE n(k bigint DEFAULT 5000000000 UNIQUE REFERENCES q ON DELETE SET DEFAULT); INSERT INTO n VALUES (1);
CREATE TABLE g(k int REFERENCES n(k) ON UPDATE CASCADE); INSERT INTO g VALUES (1);

-- experiment period1: a temporal foreign key (18) is about rows that share the rest of the key
-- delete p WHERE id = '[2,3)'
-- versions 18 to 18
CREATE TABLE p(id int4range, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[2,3)', '[2020-01-01,2021-01-01)');
CREATE TABLE c(pid int4range, v daterange, CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES ('[1,2)', '[2020-03-01,2020-06-01)');

-- experiment period2: ... and stops the delete where their period is covered by no other row
-- delete p WHERE id = '[1,2)'
-- versions 18 to 18
CREATE TABLE p(id int4range, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2021-01-01)');
CREATE TABLE c(pid int4range, v daterange, CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES ('[1,2)', '[2020-03-01,2020-06-01)');

-- experiment former4: a former disagreement: three columns are set NULL, and a row written twice is an orphan by the third
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(x int, y int, z int); INSERT INTO c VALUES (1, 1, 9);
ALTER TABLE c ADD CONSTRAINT c_x FOREIGN KEY (x) REFERENCES p ON DELETE SET NULL NOT VALID;
ALTER TABLE c ADD CONSTRAINT c_y FOREIGN KEY (y) REFERENCES p ON DELETE SET NULL NOT VALID;
ALTER TABLE c ADD CONSTRAINT c_z FOREIGN KEY (z) REFERENCES p ON DELETE SET NULL NOT VALID;

-- experiment former5: ... or the third column waits for a deeper part of the queue
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE q(id int PRIMARY KEY REFERENCES p ON DELETE CASCADE); INSERT INTO q VALUES (1);
CREATE TABLE r(id int PRIMARY KEY REFERENCES q ON DELETE CASCADE); INSERT INTO r VALUES (1);
CREATE TABLE c(x int CONSTRAINT c_x REFERENCES p ON DELETE SET NULL, y int CONSTRAINT c_y REFERENCES p ON DELETE SET NULL,
    z int CONSTRAINT c_z REFERENCES r ON DELETE SET NULL); INSERT INTO c VALUES (1, 1, 1);

-- experiment identity1: an identity column that is GENERATED ALWAYS cannot be set NULL, whether a row matches or not
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int GENERATED ALWAYS AS IDENTITY REFERENCES p ON DELETE SET NULL);

-- experiment identity2: ... nor can ON UPDATE CASCADE write to it
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE TABLE m(id int, k int DEFAULT 2 UNIQUE REFERENCES p ON DELETE SET DEFAULT); INSERT INTO m VALUES (5, 1);
CREATE TABLE g(mk int GENERATED ALWAYS AS IDENTITY REFERENCES m(k) ON UPDATE CASCADE); INSERT INTO g DEFAULT VALUES;

-- experiment twocolumns1: a column that stands twice in a foreign key cannot be set NULL twice
-- delete p WHERE a = 2
-- versions 14 to 18
CREATE TABLE p(a int, b int, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1), (2, 2);
CREATE TABLE c(x int, FOREIGN KEY (x, x) REFERENCES p(a, b) ON DELETE SET NULL); INSERT INTO c VALUES (1);

-- experiment twocolumns2: ... but it can be listed twice
-- delete p WHERE a = 1
-- versions 15 to 18
CREATE TABLE p(a int, b int, UNIQUE (a, b)); INSERT INTO p VALUES (1, 1);
CREATE TABLE c(x int, y int, FOREIGN KEY (x, y) REFERENCES p(a, b) ON DELETE SET NULL (x, x)); INSERT INTO c VALUES (1, 1);

-- experiment length1: a default longer than its column is an error, not cut off
-- delete p WHERE id = 'a'
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY); INSERT INTO p VALUES ('a'), ('toolo');
CREATE TABLE c(pid varchar(5) DEFAULT 'toolong' REFERENCES p ON DELETE SET DEFAULT); INSERT INTO c VALUES ('a');

-- experiment length2: ... even when no row takes it, because planning computes it
-- delete p WHERE id = 'b'
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY); INSERT INTO p VALUES ('a'), ('b');
CREATE TABLE c(pid char(5) DEFAULT 'toolong' REFERENCES p ON DELETE SET DEFAULT); INSERT INTO c VALUES ('a');

-- experiment length3: trailing blanks beyond the length are no error
-- delete p WHERE id = 'a'
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY); INSERT INTO p VALUES ('a'), ('b');
CREATE TABLE c(pid char(3) DEFAULT 'b      ' REFERENCES p ON DELETE SET DEFAULT); INSERT INTO c VALUES ('a');

-- experiment length4: ON UPDATE CASCADE carries a bit string or a text that does not fit
-- delete p WHERE id = 'a'
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY); INSERT INTO p VALUES ('a'), ('abcdef');
CREATE TABLE m(k text DEFAULT 'abcdef' UNIQUE REFERENCES p ON DELETE SET DEFAULT); INSERT INTO m VALUES ('a');
CREATE TABLE g(mk char(3) REFERENCES m(k) ON UPDATE CASCADE); INSERT INTO g VALUES ('a');

-- experiment constant1: a default that divides by zero fails without a row, too
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int DEFAULT 1 / 0 REFERENCES p ON DELETE SET DEFAULT);

-- experiment constant2: ... one that calls a stable function fails only for a row
-- delete p WHERE id = '1'
-- versions 14 to 18
CREATE TABLE p(id text PRIMARY KEY); INSERT INTO p VALUES ('1');
CREATE TABLE c(pid text DEFAULT current_setting('no.such') REFERENCES p ON DELETE SET DEFAULT);

-- experiment raise1: a CHECK whose immutable function raises an exception stops the delete
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION f.fine(i int) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN IF i IS NULL THEN RAISE EXCEPTION 'no'; END IF; RETURN true; END $$;
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL CHECK (f.fine(pid))); INSERT INTO c VALUES (1);

-- experiment default1: a default may be refused by a domain that it is cast to
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE DOMAIN small AS int CONSTRAINT is_small CHECK (VALUE < 3);
CREATE TABLE c(pid int DEFAULT (7::small) REFERENCES p ON DELETE SET DEFAULT); INSERT INTO c VALUES (1);

-- experiment system1: a CHECK on the row's table
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, CHECK (tableoid < 5 OR pid IS NOT NULL)); INSERT INTO c VALUES (1);

-- experiment names1: a table and columns called like an alias of ours
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE "fk$u"(pid int REFERENCES p ON DELETE SET NULL, "fk$n" int, "fk$0" int, u int,
                    CHECK (pid IS NOT NULL OR "fk$n" IS NULL));
INSERT INTO "fk$u" VALUES (1, 1, 1, 1);

-- experiment generated1: a BEFORE UPDATE OF trigger fires for a generated column that is written along
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int NOT NULL REFERENCES p ON DELETE SET NULL, g int GENERATED ALWAYS AS (pid + 1) STORED);
INSERT INTO c VALUES (1); CREATE FUNCTION f.skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
CREATE TRIGGER s BEFORE UPDATE OF g ON c FOR EACH ROW EXECUTE FUNCTION f.skip();

-- experiment leaf1: a foreign key that references one partition only is followed from the whole table
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1), (2);
CREATE TABLE c(pid int REFERENCES p1); INSERT INTO c VALUES (1);

-- experiment leaf2: ... also where its column is named by no other foreign key
-- delete q WHERE id = 7
-- versions 14 to 18
CREATE TABLE q(id int PRIMARY KEY); INSERT INTO q VALUES (7);
CREATE TABLE p(k int PRIMARY KEY, qid int REFERENCES q ON DELETE CASCADE) PARTITION BY LIST (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p DEFAULT; INSERT INTO p VALUES (1, 7);
CREATE TABLE c(pid int REFERENCES p1); INSERT INTO c VALUES (1);

-- experiment leaf3: for a foreign key that references this very partition, a row that moves away is deleted
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE cd PARTITION OF c DEFAULT;
ALTER TABLE c1 ADD PRIMARY KEY (id); INSERT INTO c VALUES (5, 1);
CREATE TABLE g(cid int REFERENCES c1); INSERT INTO g VALUES (5);

-- experiment leaf4: a row below a partition that a foreign key references must not move at all (from 15 on)
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1) PARTITION BY LIST (id); CREATE TABLE cd PARTITION OF c DEFAULT;
CREATE TABLE c11 PARTITION OF c1 FOR VALUES IN (5); ALTER TABLE c1 ADD UNIQUE (id); INSERT INTO c VALUES (5, 1);
CREATE TABLE g(cid int REFERENCES c1(id));

-- experiment leaf5: a partition's own foreign key may write to columns that the whole table's do not
-- delete q WHERE id = 7
-- versions 14 to 18
CREATE TABLE q(id int PRIMARY KEY); INSERT INTO q VALUES (7);
CREATE TABLE c(id int NOT NULL, qid int REFERENCES q, other int NOT NULL, own int) PARTITION BY LIST (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
ALTER TABLE c1 ADD FOREIGN KEY (own) REFERENCES q ON DELETE SET NULL; INSERT INTO c VALUES (1, NULL, 3, 7);

-- experiment peer1: whether another row holds the key is asked as the owner of the referenced table
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1); ALTER TABLE p OWNER TO alice;
CREATE TABLE c(pid int REFERENCES p); REVOKE SELECT ON p FROM alice;

-- experiment order1: NOT NULL is reported before a CHECK that cannot be evaluated, that before one with a later name
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, z int, g int GENERATED ALWAYS AS (pid * 2) STORED NOT NULL,
    CONSTRAINT b CHECK (CASE WHEN pid IS NULL THEN 1 / z > 0 ELSE true END), CONSTRAINT d CHECK (pid IS NOT NULL));
INSERT INTO c VALUES (1, 0);

-- experiment order2: a CHECK is reported before one with a later name that cannot be evaluated
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, z int, CONSTRAINT a CHECK (pid IS NOT NULL),
    CONSTRAINT b CHECK (CASE WHEN pid IS NULL THEN 1 / z > 0 ELSE true END)); INSERT INTO c VALUES (1, 0);

-- experiment order3: a generated column that cannot be computed is reported before NOT NULL
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int NOT NULL REFERENCES p ON DELETE SET NULL, z int,
    g int GENERATED ALWAYS AS (CASE WHEN pid IS NULL THEN 1 / z ELSE 1 END) STORED); INSERT INTO c VALUES (1, 0);

-- experiment order4: an index key that cannot be computed is reported after CHECK
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL CONSTRAINT k CHECK (pid IS NOT NULL), z int);
CREATE INDEX ON c ((CASE WHEN pid IS NULL THEN 1 / z ELSE 1 END)); INSERT INTO c VALUES (1, 0);

-- experiment order5: a virtual generated column (18) that nothing asks for need not be computed
-- delete p WHERE id = 1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, z int,
    g int GENERATED ALWAYS AS (CASE WHEN pid IS NULL THEN 1 / z ELSE 1 END) VIRTUAL); INSERT INTO c(pid, z) VALUES (1, 0);

-- experiment order6: ... nor is it where it cannot be computed for the rows as they are
-- delete p WHERE id = 1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY, w int GENERATED ALWAYS AS (1 / (id - 1)) VIRTUAL); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, z int,
    g int GENERATED ALWAYS AS (1 / z) VIRTUAL, CHECK (z < 5)); INSERT INTO c(pid, z) VALUES (1, 0);

-- experiment asked1: a CHECK that asks which table the row is in
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL CONSTRAINT k CHECK (pid IS NOT NULL OR tableoid = 0)); INSERT INTO c VALUES (1);

-- experiment asked2: ... and a generated column that does
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, t oid GENERATED ALWAYS AS (tableoid) STORED CHECK (t > 0)); INSERT INTO c VALUES (1);

-- experiment joined1: a text joined with a number is computed, though the function for that is not immutable
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL, t text GENERATED ALWAYS AS ('INV-' || pid) STORED NOT NULL); INSERT INTO c VALUES (1);

-- experiment joined2: ... in a CHECK as well
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE TABLE c(pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT CONSTRAINT k CHECK (pid || '!' <> '2!')); INSERT INTO c VALUES (1);

-- experiment collate1: PostgreSQL 14 cannot carry out SET DEFAULT where only the referenced collation ignores case
-- delete p WHERE true
-- versions 14 to 17
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE p(id text COLLATE ci PRIMARY KEY); INSERT INTO p VALUES ('a');
CREATE TABLE c(pid text REFERENCES p ON DELETE SET DEFAULT);

-- experiment collate2: ... and its SET NULL goes to the rows that are equal with case
-- delete p WHERE true
-- versions 14 to 17
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE p(id text COLLATE ci PRIMARY KEY); INSERT INTO p VALUES ('a');
CREATE TABLE c(pid text REFERENCES p ON DELETE SET NULL CHECK (pid IS NOT NULL)); INSERT INTO c VALUES ('A');

-- experiment owner1: the owner needs UPDATE on the very column that SET NULL writes
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 1);
ALTER TABLE c OWNER TO alice; REVOKE ALL ON c FROM alice; GRANT SELECT, UPDATE (id) ON c TO alice;

-- experiment owner2: ... and SELECT on the columns of the foreign key
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p); ALTER TABLE c OWNER TO alice; REVOKE ALL ON c FROM alice;
GRANT SELECT (id), UPDATE ON c TO alice;

-- experiment owner3: privileges on these columns are enough
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 1);
ALTER TABLE c OWNER TO alice; REVOKE ALL ON c FROM alice; GRANT SELECT (pid), UPDATE (pid) ON c TO alice;

-- experiment period3: ... a row that is covered by another one is free
-- delete p WHERE v @> date '2020-09-01'
-- versions 18 to 18
CREATE TABLE p(id int4range, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2020-06-01)'), ('[1,2)', '[2020-06-01,2021-01-01)');
CREATE TABLE c(pid int4range, v daterange, FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES ('[1,2)', '[2020-03-01,2020-06-01)'), (NULL, '[2020-07-01,2020-08-01)');

-- experiment period4: ... a row that reaches beyond it is not, of multiranges too
-- delete p WHERE v @> date '2020-09-01'
-- versions 18 to 18
CREATE TABLE p(id int4range, v datemultirange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '{[2020-01-01,2020-06-01)}'), ('[1,2)', '{[2020-06-01,2021-01-01)}');
CREATE TABLE c(pid int4range, v datemultirange,
    CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO c VALUES ('[1,2)', '{[2020-03-01,2020-07-01)}');

-- experiment period5: ... and what a cascade has deleted covers nothing
-- delete q WHERE true
-- versions 18 to 18
CREATE TABLE q(id int PRIMARY KEY); INSERT INTO q VALUES (1);
CREATE TABLE p(id int4range, v daterange, q int REFERENCES q ON DELETE CASCADE, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2020-06-01)', 1), ('[1,2)', '[2020-06-01,2021-01-01)', 1);
CREATE TABLE c(pid int4range, v daterange, CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES ('[1,2)', '[2020-07-01,2020-08-01)');

-- experiment period6: ... a row that is given another key needs rows that cover its whole period
-- delete q WHERE id = '[1,2)'
-- versions 18 to 18
CREATE TABLE q(id int4range PRIMARY KEY); INSERT INTO q VALUES ('[1,2)'), ('[2,3)');
CREATE TABLE p(id int4range, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[2,3)', '[2020-01-01,2020-06-01)');
CREATE TABLE c(pid int4range DEFAULT '[2,3)' REFERENCES q ON DELETE SET DEFAULT, v daterange,
    CONSTRAINT c_fk FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v));
INSERT INTO c VALUES ('[1,2)', '[2020-03-01,2020-07-01)');

-- experiment period7: ... which several together may do
-- delete q WHERE id = '[1,2)'
-- versions 18 to 18
CREATE TABLE q(id int4range PRIMARY KEY); INSERT INTO q VALUES ('[1,2)'), ('[2,3)');
CREATE TABLE p(id int4range, v daterange, PRIMARY KEY (id, v WITHOUT OVERLAPS));
INSERT INTO p VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[2,3)', '[2020-01-01,2020-06-01)'),
    ('[2,3)', '[2020-06-01,2021-01-01)');
CREATE TABLE c(pid int4range DEFAULT '[2,3)' REFERENCES q ON DELETE SET DEFAULT, v daterange,
    FOREIGN KEY (pid, PERIOD v) REFERENCES p (id, PERIOD v)); INSERT INTO c VALUES ('[1,2)', '[2020-03-01,2020-07-01)');

-- experiment order1: partitions are read in the order of their bounds, not of their making
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (2) TO (9); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (2);
INSERT INTO p VALUES (1), (2);
CREATE TABLE a(along int REFERENCES p ON DELETE CASCADE, kept int REFERENCES p ON DELETE RESTRICT);
INSERT INTO a VALUES (2, 1);
CREATE TABLE c(pid int REFERENCES p); INSERT INTO c VALUES (1);

-- experiment execute1: a CHECK calls a function that the owner of the referencing table may not execute
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CHECK (g(id))); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute2: ... which nobody notices as long as no row is written
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CHECK (g(id)));  ALTER TABLE c OWNER TO alice;

-- experiment execute3: ... nor does it help that the planner could replace the function by its body
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1 > 0'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CHECK (g(id))); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute4: ... but it does when planning removes the call
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CHECK (true OR g(id))); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute5: ... while a call that this row does not reach counts
-- delete p WHERE true
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, CHECK (id > 5 OR g(id))); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute6: a default that the owner may not compute stops SET DEFAULT without any row
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int DEFAULT g() REFERENCES p ON DELETE SET DEFAULT);  ALTER TABLE c OWNER TO alice;

-- experiment execute7: ... a volatile one too
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int DEFAULT g() REFERENCES p ON DELETE SET DEFAULT);  ALTER TABLE c OWNER TO alice;

-- experiment execute8: ... but the default of a column that is not written is nobody's business
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int DEFAULT g(), pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute9: a generated column that the owner may not compute
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, x int GENERATED ALWAYS AS (g(pid)) STORED); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute10: ... which up to 15 stops it without any row
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, x int GENERATED ALWAYS AS (g(pid)) STORED);  ALTER TABLE c OWNER TO alice;

-- experiment execute11: ... and one that reads none of the written columns is not computed
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, x int GENERATED ALWAYS AS (g(id)) STORED, y int GENERATED ALWAYS AS (pid+1) STORED); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice;

-- experiment execute12: an index expression that the owner may not compute
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (g(pid)); ALTER TABLE c OWNER TO alice;

-- experiment execute13: ... which is computed only if the page has no room where no index reads a changed column
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (g(id)); ALTER TABLE c OWNER TO alice;

-- experiment execute14: ... as it has not here
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, t text); INSERT INTO c SELECT 10,1, repeat('x', 900) FROM generate_series(1, 8); CREATE INDEX ON c (g(id)); ALTER TABLE c OWNER TO alice;

-- experiment execute15: ... and is computed where another index merely includes it
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (g(id)); CREATE INDEX ON c(id) INCLUDE (pid); ALTER TABLE c OWNER TO alice;

-- experiment execute16: the condition of an index that the owner may not compute
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (pid) WHERE g(pid) = 3; ALTER TABLE c OWNER TO alice;

-- experiment execute17: ... or one that keeps the row out of the index
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (g(pid)) WHERE id < 5; ALTER TABLE c OWNER TO alice;

-- experiment execute18: an index expression may have lost a function of language SQL to inlining
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1); CREATE INDEX ON c (g(pid)); ALTER TABLE c OWNER TO alice;

-- experiment execute19: a partition key that the owner may not compute
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (g(id)); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (100); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice; ALTER TABLE c1 OWNER TO alice;

-- experiment execute20: ... without a row
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (g(id)); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (100);  ALTER TABLE c OWNER TO alice; ALTER TABLE c1 OWNER TO alice;

-- experiment execute21: ... by hash
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY HASH (g(id)); CREATE TABLE c1 PARTITION OF c FOR VALUES WITH (MODULUS 1, REMAINDER 0); INSERT INTO c VALUES (10,1); ALTER TABLE c OWNER TO alice; ALTER TABLE c1 OWNER TO alice;

-- experiment execute22: the owner of the partitioned table counts, not the partition's
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC; GRANT EXECUTE ON FUNCTION g TO alice;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (id); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (100); INSERT INTO c VALUES (10,1); ALTER TABLE c1 ADD CHECK (g(id)); ALTER TABLE c OWNER TO alice; ALTER TABLE c1 OWNER TO bob;

-- experiment execute23: ... the other way round
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC; GRANT EXECUTE ON FUNCTION g TO bob;
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY RANGE (id); CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (100); INSERT INTO c VALUES (10,1); ALTER TABLE c1 ADD CHECK (g(id)); ALTER TABLE c OWNER TO alice; ALTER TABLE c1 OWNER TO bob;

-- experiment execute24: a domain's CHECK that the owner may not evaluate stops SET NULL without any row
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC; CREATE DOMAIN d AS int CHECK (g(VALUE));
CREATE TABLE c(id int, pid d REFERENCES p ON DELETE SET NULL);  ALTER TABLE c OWNER TO alice;

-- experiment execute25: ... not that of a column that is not written
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC; CREATE DOMAIN d AS int CHECK (g(VALUE));
CREATE TABLE c(id d, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1);  ALTER TABLE c OWNER TO alice;

-- experiment execute26: ... nor one whose call planning removes
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1),(2);
CREATE FUNCTION g(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC; CREATE DOMAIN d AS int CHECK (true OR g(VALUE));
CREATE TABLE c(id int, pid d REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10,1);  ALTER TABLE c OWNER TO alice;

-- experiment execute27: the equality of a key whose function the owner of the referencing table may not execute
-- delete p WHERE true
-- versions 14 to 18
REVOKE EXECUTE ON FUNCTION pg_catalog.macaddr8_eq FROM PUBLIC;
CREATE TABLE p(id macaddr8 PRIMARY KEY); INSERT INTO p VALUES ('08:00:2b:01:02:03:04:05');
CREATE TABLE c(pid macaddr8 REFERENCES p ON DELETE CASCADE); ALTER TABLE c OWNER TO alice;

-- experiment execute28: ... or the owner of the referenced one, whom NO ACTION asks whether another row has the key
-- delete p WHERE true
-- versions 14 to 18
REVOKE EXECUTE ON FUNCTION pg_catalog.macaddr8_eq FROM PUBLIC;
CREATE TABLE p(id macaddr8 PRIMARY KEY); INSERT INTO p VALUES ('08:00:2b:01:02:03:04:05');
CREATE TABLE c(pid macaddr8 REFERENCES p); ALTER TABLE p OWNER TO alice;

-- experiment execute29: ... and RESTRICT does not
-- delete p WHERE true
-- versions 14 to 18
REVOKE EXECUTE ON FUNCTION pg_catalog.macaddr8_eq FROM PUBLIC;
CREATE TABLE p(id macaddr8 PRIMARY KEY); INSERT INTO p VALUES ('08:00:2b:01:02:03:04:05');
CREATE TABLE c(pid macaddr8 REFERENCES p ON DELETE RESTRICT); ALTER TABLE p OWNER TO alice;

-- experiment domaindefault1: a default cast to a domain that refuses it is nobody's business as long as no row takes it
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN d AS int CHECK (VALUE < 50); CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int DEFAULT 99::d REFERENCES p ON DELETE SET DEFAULT);

-- experiment domaindefault2: ... NULL cast to a domain that is NOT NULL too
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN d AS int NOT NULL; CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int DEFAULT NULL::d REFERENCES p ON DELETE SET DEFAULT);

-- experiment domaindefault3: ... while a function that does so is called by the planner
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN d AS int CHECK (VALUE < 50); CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 99::f.d; END';
CREATE TABLE c(id int, pid int DEFAULT g() REFERENCES p ON DELETE SET DEFAULT);

-- experiment domaindefault4: a row that takes such a default
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN d AS int CHECK (VALUE < 50); CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid d NOT NULL DEFAULT 99::d REFERENCES p ON DELETE SET DEFAULT); INSERT INTO c VALUES (10, 1);

-- experiment when1: an AFTER trigger whose WHEN is about a column that the action leaves alone does not run
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, status text); INSERT INTO c VALUES (10, 1, 'x'), (11, 1, NULL);
CREATE TRIGGER t AFTER UPDATE ON c FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION t();

-- experiment when2: ... one about a column that it writes does
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, status text); INSERT INTO c VALUES (10, 1, 'x');
CREATE TRIGGER t AFTER UPDATE ON c FOR EACH ROW WHEN (OLD.pid IS DISTINCT FROM NEW.pid) EXECUTE FUNCTION t();

-- experiment when3: ... for one of several rows
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE, status text); INSERT INTO c VALUES (10, 1, 'x'), (11, 1, 'kept');
CREATE TRIGGER t AFTER DELETE ON c FOR EACH ROW WHEN (OLD.status = 'kept') EXECUTE FUNCTION t();

-- experiment when4: ... for none of them, the column being in no foreign key
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE, status text); INSERT INTO c VALUES (10, 1, 'x'), (11, 1, NULL);
CREATE TRIGGER t AFTER DELETE ON c FOR EACH ROW WHEN (OLD.status = 'kept') EXECUTE FUNCTION t();

-- experiment when5: a BEFORE trigger does not run either
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE p(id int PRIMARY KEY, kept bool); INSERT INTO p VALUES (1, false), (2, true);
CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW WHEN (OLD.kept) EXECUTE FUNCTION t();
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER t BEFORE UPDATE ON c FOR EACH ROW WHEN (NEW.id > 10) EXECUTE FUNCTION t();

-- experiment when6: ... or does
-- delete p WHERE id = 2
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE p(id int PRIMARY KEY, kept bool); INSERT INTO p VALUES (1, false), (2, true);
CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW WHEN (OLD.kept) EXECUTE FUNCTION t();
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 1);

-- experiment when7: WHEN (false) for a statement and for rows, in a definition full of the words around it
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION "x) EXECUTE FUNCTION t(" () RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY, " FOR EACH ROW WHEN (" text, "old" text DEFAULT E'it''s \\ "'); INSERT INTO p VALUES (1, ') EXECUTE ');
CREATE TRIGGER " FOR EACH ROW WHEN (true) " AFTER DELETE ON p FOR EACH ROW
    WHEN (OLD." FOR EACH ROW WHEN (" <> ') EXECUTE ' OR OLD."old" <> E'it''s \\ "') EXECUTE FUNCTION "x) EXECUTE FUNCTION t(" (') EXECUTE ');
CREATE TRIGGER s BEFORE DELETE ON p FOR EACH STATEMENT WHEN (false) EXECUTE FUNCTION "x) EXECUTE FUNCTION t(" ();
CREATE TRIGGER u AFTER DELETE ON p FOR EACH STATEMENT WHEN (1 > 2) EXECUTE FUNCTION "x) EXECUTE FUNCTION t(" ();

-- experiment when8: WHEN (true) for a statement
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TRIGGER u AFTER DELETE ON p FOR EACH STATEMENT WHEN (1 < 2) EXECUTE FUNCTION t();

-- experiment when9: a condition that more than the row decides is not evaluated
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER u AFTER DELETE ON c FOR EACH ROW WHEN (pg_trigger_depth() > 0) EXECUTE FUNCTION t();

-- experiment when10: ... nor one about who deletes
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY, who name); INSERT INTO p VALUES (1, 'nobody');
CREATE TRIGGER u AFTER DELETE ON p FOR EACH ROW WHEN (OLD.who <> current_user) EXECUTE FUNCTION t();

-- experiment when11: ... nor one that fails, as it then does in the delete
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TABLE p(id int PRIMARY KEY, z int); INSERT INTO p VALUES (1, 0);
CREATE TRIGGER u AFTER DELETE ON p FOR EACH ROW WHEN (1 / OLD.z > 5) EXECUTE FUNCTION t();

-- experiment when12: whole rows that differ, with a generated column
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, g int GENERATED ALWAYS AS (pid + 1) STORED, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, DEFAULT, 1);
CREATE TRIGGER u AFTER UPDATE ON c FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION t();

-- experiment when13: a generated column that stays as it is
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, g int GENERATED ALWAYS AS (coalesce(pid, 1) + id) STORED, pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, DEFAULT, 1);
CREATE TRIGGER u AFTER UPDATE ON c FOR EACH ROW WHEN (OLD.g <> NEW.g) EXECUTE FUNCTION t();

-- experiment when14: a row that moves to another partition is deleted here and inserted there
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER d AFTER DELETE ON c FOR EACH ROW WHEN (OLD.id > 10) EXECUTE FUNCTION t();
CREATE TRIGGER i AFTER INSERT ON c FOR EACH ROW WHEN (NEW.pid = 1) EXECUTE FUNCTION t();

-- experiment when15: ... where the row that arrives fires one
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER i AFTER INSERT ON c FOR EACH ROW WHEN (NEW.pid = 2) EXECUTE FUNCTION t();

-- experiment when16: a domain, an enum and an array in the condition
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TYPE mood AS ENUM ('fine', 'bad'); CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id d, m mood, a int[], pid int REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 'fine', '{1,2}', 1);
CREATE TRIGGER u AFTER UPDATE ON c FOR EACH ROW WHEN (OLD.m = 'bad' OR OLD.a[1] = 2 OR NEW.id <> 10) EXECUTE FUNCTION t();

-- experiment when17: a constraint trigger that waits until the end, and does not run
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE CASCADE); INSERT INTO c VALUES (10, 1);
CREATE CONSTRAINT TRIGGER u AFTER DELETE ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.id = 9) EXECUTE FUNCTION t();

-- experiment when18: a blocker that comes before a trigger which runs is certain
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, pid int NOT NULL REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER u AFTER UPDATE ON c FOR EACH ROW WHEN (NEW.pid IS NULL) EXECUTE FUNCTION t();

-- experiment hash1: a row that goes to another partition by the hash of a domain
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE DOMAIN d AS int CONSTRAINT low CHECK (VALUE < 9); CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 8);
CREATE TABLE c(id int, pid d DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY HASH (pid);
CREATE TABLE c0 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE c1 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO c VALUES (1, 1), (2, 2), (3, 3), (4, 4); ALTER TABLE c0 ADD UNIQUE (pid); ALTER TABLE c1 ADD UNIQUE (pid);

-- experiment hash2: ... and one whose new value the domain refuses
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE DOMAIN d AS int CONSTRAINT low CHECK (VALUE < 9); CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p SELECT generate_series(1, 8);
CREATE TABLE c(id int, pid d DEFAULT 12 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY HASH (pid);
CREATE TABLE c0 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE c1 PARTITION OF c FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO c VALUES (1, 1), (2, 2);

-- experiment when19: a trigger of one partition alone that looks at a column in no foreign key
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, status text, pid int REFERENCES p ON DELETE CASCADE) PARTITION BY LIST (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2(pid int, gone int, status text, id int); ALTER TABLE c2 DROP COLUMN gone;
ALTER TABLE c ATTACH PARTITION c2 FOR VALUES IN (2); INSERT INTO c VALUES (1, 'kept', 1), (2, 'kept', 1), (2, 'x', 1);
CREATE TRIGGER t AFTER DELETE ON c2 FOR EACH ROW WHEN (OLD.status = 'kept') EXECUTE FUNCTION t();

-- experiment when20: ... and does not run for it
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE c(id int, status text, pid int REFERENCES p ON DELETE CASCADE) PARTITION BY LIST (id);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2(pid int, gone int, status text, id int); ALTER TABLE c2 DROP COLUMN gone;
ALTER TABLE c ATTACH PARTITION c2 FOR VALUES IN (2); INSERT INTO c VALUES (1, 'kept', 1), (2, 'x', 1);
CREATE TRIGGER t AFTER DELETE ON c2 FOR EACH ROW WHEN (OLD.status = 'kept') EXECUTE FUNCTION t();

-- experiment when21: a table called old with columns called new and fk$a0, which inherits from two
-- delete p WHERE true
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1);
CREATE TABLE one(new text); CREATE TABLE two("fk$a0" int, new text);
CREATE TABLE old(pid int REFERENCES p ON DELETE SET NULL) INHERITS (one, two); INSERT INTO old VALUES ('x', 3, 1);
CREATE TRIGGER t AFTER UPDATE ON old FOR EACH ROW WHEN (OLD.new <> 'x' OR NEW."fk$a0" <> 3) EXECUTE FUNCTION t();

-- experiment execute30: a BEFORE trigger, even one that does not run, has every generated column computed
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TABLE c(id int, pid int REFERENCES p ON DELETE SET NULL, x int GENERATED ALWAYS AS (g(id)) STORED); INSERT INTO c VALUES (10, 1);
ALTER TABLE c OWNER TO alice; CREATE TRIGGER t BEFORE UPDATE ON c FOR EACH ROW WHEN (false) EXECUTE FUNCTION t();

-- experiment execute31: a row that moves to another partition has every generated column computed
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT, x int GENERATED ALWAYS AS (g(id)) STORED) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2); INSERT INTO c VALUES (10, 1);
ALTER TABLE c OWNER TO alice;

-- experiment execute32: ... and one that stays has not
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 2; END'; REVOKE EXECUTE ON FUNCTION g FROM PUBLIC;
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT, x int GENERATED ALWAYS AS (g(id)) STORED) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1, 2); INSERT INTO c VALUES (10, 1);
ALTER TABLE c OWNER TO alice;

-- experiment domaindefault5: the columns are computed in the order of the partitioned table, not of the partition
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN x AS int CONSTRAINT xx CHECK (VALUE <> 3); CREATE DOMAIN y AS int CONSTRAINT yy CHECK (VALUE IS NOT NULL);
CREATE TABLE p(a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
CREATE TABLE c(id int, a x DEFAULT 3, b y DEFAULT NULL, FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE SET DEFAULT) PARTITION BY LIST (id);
CREATE TABLE c1(b y, a x, id int); ALTER TABLE c ATTACH PARTITION c1 FOR VALUES IN (1); INSERT INTO c VALUES (1, 1, 1);

-- experiment domaindefault6: ... and a domain refuses one column before a cast refuses the next
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN x AS int CONSTRAINT xx CHECK (VALUE <> 3); CREATE DOMAIN y AS int CONSTRAINT yy CHECK (VALUE IS NOT NULL);
CREATE TABLE p(a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
CREATE TABLE c(a y DEFAULT NULL, b int DEFAULT 3::x, FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE SET DEFAULT); INSERT INTO c VALUES (1, 1);

-- experiment domaindefault7: ... or the other way round
-- delete p WHERE true
-- versions 14 to 18
CREATE DOMAIN x AS int CONSTRAINT xx CHECK (VALUE <> 3); CREATE DOMAIN y AS int CONSTRAINT yy CHECK (VALUE IS NOT NULL);
CREATE TABLE p(a int, b int, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 1);
CREATE TABLE c(b int DEFAULT 3::x, a y DEFAULT NULL, FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE SET DEFAULT); INSERT INTO c VALUES (1, 1);

-- experiment moving1: a row that moves to another partition runs no AFTER UPDATE trigger
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''ran''; END';
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
CREATE TABLE c(id int, pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1); CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2); INSERT INTO c VALUES (10, 1);
CREATE TRIGGER u AFTER UPDATE ON c FOR EACH ROW EXECUTE FUNCTION t();

-- experiment held1: a key that is given up by a cascade and taken by another row satisfies NO ACTION
-- delete r WHERE true
-- versions 14 to 18
CREATE TABLE r(id int PRIMARY KEY); INSERT INTO r VALUES (1);
CREATE TABLE o(id int PRIMARY KEY REFERENCES r ON DELETE CASCADE); INSERT INTO o VALUES (1);
CREATE TABLE k(id int PRIMARY KEY, rid int REFERENCES r ON DELETE CASCADE); INSERT INTO k VALUES (1, NULL), (2, 1);
CREATE TABLE p(id int DEFAULT 1 REFERENCES k ON DELETE SET DEFAULT, oid int REFERENCES o ON DELETE CASCADE);
CREATE UNIQUE INDEX u ON p (id); INSERT INTO p VALUES (1, 1), (2, NULL);
CREATE TABLE c(pid int REFERENCES p (id)); INSERT INTO c VALUES (1);

-- experiment held2: ... and RESTRICT is not satisfied by it
-- delete r WHERE true
-- versions 14 to 18
CREATE TABLE r(id int PRIMARY KEY); INSERT INTO r VALUES (1);
CREATE TABLE o(id int PRIMARY KEY REFERENCES r ON DELETE CASCADE); INSERT INTO o VALUES (1);
CREATE TABLE k(id int PRIMARY KEY, rid int REFERENCES r ON DELETE CASCADE); INSERT INTO k VALUES (1, NULL), (2, 1);
CREATE TABLE p(id int DEFAULT 1 REFERENCES k ON DELETE SET DEFAULT, oid int REFERENCES o ON DELETE CASCADE);
CREATE UNIQUE INDEX u ON p (id); INSERT INTO p VALUES (1, 1), (2, NULL);
CREATE TABLE c(pid int REFERENCES p (id) ON DELETE RESTRICT); INSERT INTO c VALUES (1);

-- experiment recheck1: a deferrable unique constraint looks again at the end of the statement, when the other row is gone
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (9);
CREATE TABLE c(id int, pid int DEFAULT 9, gid int, UNIQUE (pid) DEFERRABLE);
ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES p ON DELETE SET DEFAULT;
ALTER TABLE c ADD FOREIGN KEY (gid) REFERENCES p ON DELETE CASCADE; INSERT INTO c VALUES (1, 1, NULL), (2, 9, 1);

-- experiment recheck2: ... and one that is not deferrable refuses at once
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (9);
CREATE TABLE c(id int, pid int DEFAULT 9, gid int, UNIQUE (pid));
ALTER TABLE c ADD FOREIGN KEY (pid) REFERENCES p ON DELETE SET DEFAULT;
ALTER TABLE c ADD FOREIGN KEY (gid) REFERENCES p ON DELETE CASCADE; INSERT INTO c VALUES (1, 1, NULL), (2, 9, 1);

-- experiment between1: the lower bound of BETWEEN counts
-- delete p WHERE id = 1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY); INSERT INTO p VALUES (1), (-1);
CREATE TABLE c(id int, pid int DEFAULT -1 REFERENCES p ON DELETE SET DEFAULT CHECK (pid BETWEEN 0 AND 10)); INSERT INTO c VALUES (1, 1);

-- experiment pub1: a cascade into a published table without replica identity is refused, even without rows
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE);
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub2: SET NULL into a table of a publication for all tables
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (1);
CREATE PUBLICATION changes FOR ALL TABLES;

-- experiment pub3: a publication of inserts only, and one of a table with REPLICA IDENTITY FULL, refuse nothing
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE);
CREATE TABLE d(pid int REFERENCES p ON DELETE CASCADE);
ALTER TABLE d REPLICA IDENTITY FULL;
INSERT INTO c VALUES (1);
INSERT INTO d VALUES (1);
CREATE PUBLICATION changes FOR TABLE c WITH (publish = 'insert');
CREATE PUBLICATION whole FOR TABLE d;

-- experiment pub4: a row filter over columns outside the replica identity
-- delete p WHERE id=1
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int PRIMARY KEY, n int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (1, 1, 1);
CREATE PUBLICATION changes FOR TABLE c WHERE (n > 0);

-- experiment pub5: a row filter over the replica identity refuses nothing
-- delete p WHERE id=1
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int PRIMARY KEY, n int, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (1, 1, 1);
CREATE PUBLICATION changes FOR TABLE c WHERE (id > 0);

-- experiment pub6: a column list that leaves the replica identity out
-- delete p WHERE id=1
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, id int PRIMARY KEY, n int);
INSERT INTO c VALUES (1, 1, 1);
CREATE PUBLICATION changes FOR TABLE c (pid);

-- experiment pub7: the index of the replica identity was dropped
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, id int PRIMARY KEY, n int NOT NULL);
CREATE UNIQUE INDEX named ON c (n);
ALTER TABLE c REPLICA IDENTITY USING INDEX named;
DROP INDEX named;
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub8: one partition of a published table has no replica identity, whatever rows are in it
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(k int, pid int REFERENCES p ON DELETE SET NULL) PARTITION BY LIST (k);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2);
ALTER TABLE c1 REPLICA IDENTITY FULL;
INSERT INTO c VALUES (1, 1);
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub13: whether a partition without replica identity counts hangs on the plan that leaves it out
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE) PARTITION BY LIST (pid);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
CREATE TABLE c2 PARTITION OF c FOR VALUES IN (2);
ALTER TABLE c1 REPLICA IDENTITY FULL;
INSERT INTO c VALUES (1);
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub14: a generated column in a replica identity FULL that is not published
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, g int GENERATED ALWAYS AS (pid * 2) STORED);
ALTER TABLE c REPLICA IDENTITY FULL;
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub15: a generated column in the key of a table that loses its reference
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, g int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY, pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (1, DEFAULT, 1);
CREATE PUBLICATION changes FOR ALL TABLES;

-- experiment pub16: generated columns that are published, and one outside the replica identity
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, g int GENERATED ALWAYS AS (pid * 2) STORED);
ALTER TABLE c REPLICA IDENTITY FULL;
CREATE TABLE d(id int PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE, g int GENERATED ALWAYS AS (pid * 2) STORED);
INSERT INTO c VALUES (1);
INSERT INTO d VALUES (1, 1);
CREATE PUBLICATION changes FOR TABLE c WITH (publish_generated_columns = stored);
CREATE PUBLICATION others FOR TABLE d;

-- experiment pub17: a virtual generated column is never published
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, g int GENERATED ALWAYS AS (pid * 2) VIRTUAL);
ALTER TABLE c REPLICA IDENTITY FULL;
CREATE PUBLICATION changes FOR TABLE c WITH (publish_generated_columns = stored);

-- experiment pub18: a column list that names the generated column of the key
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int, g int GENERATED ALWAYS AS (id * 2) STORED PRIMARY KEY, pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (1, DEFAULT, 1);
CREATE PUBLICATION changes FOR TABLE c (g);

-- experiment pub19: a partition with a generated column of the replica identity, of a table published by its root
-- delete p WHERE id=1
-- versions 18 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(k int, pid int REFERENCES p ON DELETE SET NULL, g int GENERATED ALWAYS AS (pid * 2) STORED) PARTITION BY LIST (k);
CREATE TABLE c1 PARTITION OF c FOR VALUES IN (1);
ALTER TABLE c1 REPLICA IDENTITY FULL;
INSERT INTO c VALUES (1, 1);
CREATE PUBLICATION changes FOR TABLE c WITH (publish_via_partition_root);

-- experiment pub9: a check for rows that remain is no update
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p);
CREATE PUBLICATION changes FOR TABLE c;

-- experiment pub10: the table itself is published and has no replica identity
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int);
INSERT INTO p VALUES (1),(2);
CREATE PUBLICATION changes FOR TABLE p;

-- experiment pub11: a publication of the whole schema; a deferrable primary key is no replica identity
-- delete p WHERE id=1
-- versions 15 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(id int PRIMARY KEY DEFERRABLE, pid int REFERENCES p ON DELETE CASCADE);
CREATE PUBLICATION changes FOR TABLES IN SCHEMA f;

-- experiment pub12: an unlogged table is never published
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE UNLOGGED TABLE c(pid int REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (1);
CREATE PUBLICATION changes FOR ALL TABLES;

-- experiment ow1: the owner of the referencing table may not use its schema
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p);
ALTER TABLE c OWNER TO alice;
REVOKE USAGE ON SCHEMA f FROM alice;

-- experiment ow2: the owner of the referenced table lost SELECT on it
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p);
ALTER TABLE p OWNER TO alice;
REVOKE SELECT ON p FROM alice;

-- experiment ow3: SET DEFAULT looks for the default row as the owner of the referenced table
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int DEFAULT 2 REFERENCES p ON DELETE SET DEFAULT);
INSERT INTO c VALUES (1);
ALTER TABLE p OWNER TO alice;
REVOKE UPDATE ON p FROM alice;

-- experiment rw1: a rule replaces the cascade, rows or not
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE CASCADE, gone bool);
CREATE RULE soft AS ON DELETE TO c DO INSTEAD UPDATE c SET gone = true WHERE pid = OLD.pid;

-- experiment rw2: a rule for another statement is no matter
-- delete p WHERE id=1
-- versions 14 to 18
CREATE TABLE p(id int PRIMARY KEY);
INSERT INTO p VALUES (1),(2);
CREATE TABLE c(pid int REFERENCES p ON DELETE SET NULL);
INSERT INTO c VALUES (1);
CREATE RULE soft AS ON DELETE TO c DO INSTEAD NOTHING;

-- experiment overtaken1: what SET DEFAULT has just written is found by the CASCADE of another key, which found nothing before
-- delete t WHERE id=1
-- versions 14 to 18
CREATE TABLE t(id int PRIMARY KEY);
INSERT INTO t VALUES (1);
CREATE TABLE q(id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE);
INSERT INTO q VALUES (1,1),(2,NULL);
CREATE TABLE p(id int PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE);
INSERT INTO p VALUES (3,1),(2,1),(1,NULL);
CREATE TABLE c(id int, a int DEFAULT 2 CONSTRAINT c_q REFERENCES q ON DELETE SET DEFAULT CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
INSERT INTO c VALUES (10,1);

-- experiment composite1: a composite value with a NULL in it is a value like any other, though it IS NOT NULL no more
-- delete p WHERE true
-- versions 14 to 18
CREATE TYPE pair AS (x int, y text);
CREATE TABLE p(pr pair PRIMARY KEY); INSERT INTO p VALUES (ROW(1, NULL)), (ROW(NULL, NULL));
CREATE TABLE n(id int, pr pair REFERENCES p ON DELETE SET NULL); INSERT INTO n VALUES (1, ROW(1, NULL));
CREATE TABLE c(id int, pr pair REFERENCES p); INSERT INTO c VALUES (1, ROW(NULL, NULL)), (2, ROW(1, NULL)), (3, NULL);
