-- What the trusted extensions are for, in a schema that uses them. Versions 14-18; needs them installed.
CREATE TABLE members (id uuid PRIMARY KEY DEFAULT uuid_generate_v4(), mail citext NOT NULL UNIQUE, tags hstore, path ltree,
    secret bytea DEFAULT digest('x', 'sha256'), CHECK (mail <> ''), CHECK (NOT tags ? 'banned'));
CREATE INDEX ON members USING gin (mail gin_trgm_ops);
CREATE INDEX ON members USING gist (path);
CREATE INDEX ON members ((tags -> 'plan'));
CREATE INDEX ON members (lower(mail::text)) WHERE path <@ 'root';
INSERT INTO members (id, mail, tags, path) VALUES (uuid_generate_v5(uuid_ns_dns(), 'a'), 'A@example.org', 'plan=>free', 'root.a'),
    (uuid_generate_v5(uuid_ns_dns(), 'b'), 'b@example.org', 'plan=>paid', 'root.b');
CREATE TABLE logins (id int PRIMARY KEY, mail citext REFERENCES members (mail) ON DELETE SET NULL ON UPDATE CASCADE, place ltree,
    digest text GENERATED ALWAYS AS (encode(digest(id::text, 'sha256'), 'hex')) STORED, CHECK (mail IS NULL OR similarity(mail::text, 'x') >= 0));
CREATE UNIQUE INDEX ON logins (mail, (place || 'x'::ltree));
INSERT INTO logins VALUES (1, 'a@EXAMPLE.org', 'a.b'), (2, 'B@example.org', 'c');
CREATE TABLE places (path ltree PRIMARY KEY, kind hstore);
INSERT INTO places VALUES ('a.b', NULL), ('c', NULL);
ALTER TABLE logins ADD FOREIGN KEY (place) REFERENCES places ON DELETE SET NULL;
CREATE TABLE sessions (id uuid PRIMARY KEY, member_id uuid NOT NULL REFERENCES members ON DELETE SET NULL);
INSERT INTO sessions SELECT uuid_generate_v5(uuid_ns_dns(), id::text), id FROM members;
