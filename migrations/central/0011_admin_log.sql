-- Where this database ends in the administrator's log: number and hash of the last deed that it has. A restored database is
-- behind the file, and is brought up to it before the office is served.

ALTER TABLE office_state
    ADD COLUMN admin_n    bigint NOT NULL DEFAULT 0,
    ADD COLUMN admin_hash bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(admin_hash) = 32);

-- Backups that a trial restore proved: the administrator is shown the last one, and desks keep their scans until the second.
CREATE TABLE backup (
    made_at timestamptz PRIMARY KEY,
    file    text        NOT NULL,
    -- Number of the last change that it holds.
    head    bigint      NOT NULL,
    bytes   bigint      NOT NULL
);
