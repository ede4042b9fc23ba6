-- Returns one row: the database and roles of this session, what the role may do beyond its grants, the server's
-- address as it sees it (NULL on a unix socket), the encryption of this very connection (behind a pooler: the one
-- between it and the server), whether the server is a standby, when it started, and the settings that decide
-- whether this session could write.
-- Versions 14-18; no privileges: of pg_stat_ssl everybody sees the own connection.
SELECT
    pg_catalog.current_database()::pg_catalog.text AS database,
    current_user::pg_catalog.text AS role,
    session_user::pg_catalog.text AS login,
    roles.rolsuper AS superuser,
    roles.rolbypassrls AS bypasses_row_security,
    roles.rolcreaterole AS creates_roles,
    roles.rolreplication AS replicates,
    pg_catalog.host(pg_catalog.inet_server_addr()) AS address,
    pg_catalog.inet_server_port() AS port,
    tls.version AS tls,
    tls.cipher AS cipher,
    pg_catalog.pg_is_in_recovery() AS standby,
    pg_catalog.pg_postmaster_start_time()::pg_catalog.text AS started,
    pg_catalog.version() AS engine,
    pg_catalog.current_setting('transaction_read_only') AS read_only,
    pg_catalog.pg_backend_pid() AS pid
FROM pg_catalog.pg_roles AS roles
LEFT JOIN pg_catalog.pg_stat_ssl AS tls
    ON tls.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND tls.ssl
WHERE roles.rolname OPERATOR(pg_catalog.=) current_user;
