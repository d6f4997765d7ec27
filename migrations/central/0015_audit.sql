-- The audit of this office: each batch that a desk handed over and each deed of central's own, every entry bound to the one
-- before by its hash. Its head travels to the desks, which write the last of each day into their logs.

ALTER TABLE office_state
    ADD COLUMN audit_n    bigint NOT NULL DEFAULT 0 CHECK (audit_n >= 0),
    ADD COLUMN audit_hash bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(audit_hash) = 32);

CREATE TABLE audit_entry (
    n    bigint      PRIMARY KEY CHECK (n >= 1),
    at   timestamptz NOT NULL,
    -- Canonical JSON, as the hash covers it: ids, numbers and names of clerks, nothing of what a letter says.
    body text        NOT NULL,
    hash bytea       NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE INDEX audit_entry_by_time ON audit_entry (at);
CREATE INDEX operation_by_time ON operation (received_at);
CREATE INDEX held_operation_by_time ON held_operation (received_at);

-- A clerk's own session at central, bound to the desk at which she signed in.
CREATE TABLE clerk_session (
    -- SHA-256 of its token.
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    clerk_id   uuid        NOT NULL REFERENCES clerk,
    device_id  uuid        NOT NULL REFERENCES device,
    expires_at timestamptz NOT NULL
);
