-- Schemas as applications have them: nothing in them is in the way of any question.
-- Versions 14-18; run as the application's role, which owns everything and is no superuser.
CREATE FUNCTION f_plain(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
    $$ SELECT lower(translate($1, 'äöüß', 'aous')) $$;
CREATE FUNCTION f_pinned(text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$ SELECT lower($1) $$;
CREATE FUNCTION slug_of(title text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
    $$ BEGIN RETURN regexp_replace(lower(title), '[^a-z0-9]+', '-', 'g'); END $$;
CREATE FUNCTION account_label(account text, separator text DEFAULT ' / ') RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT account || separator $$;
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.updated_at := now(); RETURN new; END $$;
CREATE TYPE order_status AS ENUM ('open', 'paid', 'sent');
CREATE DOMAIN email AS text CHECK (value ~ '^[^@]+@[^@]+$');
CREATE DOMAIN positive AS int CHECK (value > 0);

CREATE TABLE account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, mail email, quota positive DEFAULT 5,
    settings jsonb NOT NULL DEFAULT '{}', created_at timestamptz NOT NULL DEFAULT now(),
    search tsvector GENERATED ALWAYS AS (to_tsvector('english', name)) STORED,
    CHECK (length(name) < 200), CHECK (mail IS NOT NULL OR name <> ''));
CREATE UNIQUE INDEX ON account (lower(mail));
CREATE INDEX ON account (f_plain(name));
CREATE INDEX ON account (f_pinned(name));
CREATE INDEX ON account (slug_of(name)) WHERE created_at > '2020-01-01+00';
CREATE INDEX ON account (account_label(name));
CREATE INDEX ON account USING gin (search);
CREATE INDEX ON account ((settings ->> 'plan'));
CREATE INDEX ON account (coalesce(mail, name), date_trunc('day', created_at AT TIME ZONE 'UTC'));
CREATE STATISTICS account_extended ON (lower(name)), (settings ->> 'plan') FROM account;
INSERT INTO account (name, mail) SELECT 'n' || g, 'n' || g || '@example.org' FROM generate_series(1, 20) g;

CREATE TABLE orders (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), account_id bigint NOT NULL REFERENCES account ON DELETE SET NULL,
    status order_status NOT NULL DEFAULT 'open', quantity positive, price numeric(10, 2), total numeric GENERATED ALWAYS AS (price * quantity) STORED,
    label text GENERATED ALWAYS AS (CASE WHEN quantity > 1 THEN 'many' ELSE 'one' END) STORED, updated_at timestamptz,
    CHECK (CASE WHEN status = 'paid' THEN price IS NOT NULL ELSE true END));
CREATE INDEX ON orders (account_id) WHERE status IN ('open', 'paid');
CREATE INDEX ON orders ((status = 'open'), (total * 2));
CREATE UNIQUE INDEX ON orders (account_id, (label || id));
CREATE TRIGGER orders_updated BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION set_updated_at();
INSERT INTO orders (id, account_id, quantity, price) SELECT md5(g::text)::uuid, g, 1, 9.5 FROM generate_series(1, 10) g;

CREATE TABLE invoices (
    id bigint, issued date NOT NULL, account_id bigint DEFAULT 1 REFERENCES account ON DELETE SET DEFAULT,
    mail email, PRIMARY KEY (id, issued)) PARTITION BY RANGE (issued);
CREATE TABLE invoices_2026 PARTITION OF invoices FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE invoices_rest PARTITION OF invoices DEFAULT;
CREATE INDEX ON invoices (slug_of(mail::text));
INSERT INTO invoices SELECT g, '2026-05-01', g FROM generate_series(1, 10) g;
CREATE TABLE events (id bigint, at timestamptz, account_id bigint REFERENCES account ON DELETE CASCADE) PARTITION BY RANGE (date_trunc('day', at AT TIME ZONE 'UTC'));
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT g, now(), g FROM generate_series(1, 10) g;

CREATE TABLE notes (id int PRIMARY KEY, account_id bigint REFERENCES account ON DELETE SET NULL, kind order_status, body text,
    CHECK (lower(body) <> '' OR account_id IS NULL));
INSERT INTO notes VALUES (1, 1, 'open', 'Body'), (2, 2, 'paid', 'Other');
CREATE TABLE status_texts (status order_status PRIMARY KEY, words text);
INSERT INTO status_texts VALUES ('open', 'Open'), ('paid', 'Paid');
ALTER TABLE notes ADD CONSTRAINT notes_kind FOREIGN KEY (kind) REFERENCES status_texts ON DELETE SET NULL NOT VALID;
