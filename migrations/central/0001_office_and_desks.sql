-- The office of this schema, its desks, and the tokens they speak with. Every table stands in the office's own
-- schema, which the connection's search_path names; no statement does.

CREATE TABLE office_state (
    single     boolean     PRIMARY KEY DEFAULT true CHECK (single),
    teryt      text        NOT NULL CHECK (teryt ~ '^[0-9]{7}$'),
    -- Changes when central was restored from a backup: the desks then read everything anew.
    epoch      uuid        NOT NULL,
    -- Number of the last change. Raised after all other row locks of a transaction, so that numbers commit in order.
    head       bigint      NOT NULL DEFAULT 0 CHECK (head >= 0),
    created_at timestamptz NOT NULL
);

CREATE TABLE device (
    id            uuid        PRIMARY KEY,
    public_key    bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    -- A symbol belongs to one desk for good.
    symbol        text        NOT NULL UNIQUE CHECK (symbol ~ '^[A-Z0-9]{0,2}$' AND symbol <> '0'),
    program       text        NOT NULL,
    last_seq      bigint      NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    last_hash     bytea       NOT NULL CHECK (octet_length(last_hash) = 32),
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL
);

CREATE TABLE challenge (
    nonce      bytea       PRIMARY KEY CHECK (octet_length(nonce) = 32),
    expires_at timestamptz NOT NULL
);

CREATE TABLE token (
    -- SHA-256 of the token: a copy of the database lets nobody in.
    hash       bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    device_id  uuid        NOT NULL REFERENCES device,
    expires_at timestamptz NOT NULL
);
