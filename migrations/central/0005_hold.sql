-- A desk counts, or it has forked (two machines write one log: cloned or restored), or it is revoked. The operations of
-- a desk that does not count are kept and not applied until the administrator settles them.

ALTER TABLE device
    ADD COLUMN standing       text        NOT NULL DEFAULT 'counts' CHECK (standing IN ('counts', 'forked', 'revoked')),
    ADD COLUMN standing_since timestamptz,
    ADD CHECK ((standing = 'counts') = (standing_since IS NULL));

-- A tree: each follows another held operation or one of the log, so every branch of a fork has its place.
CREATE TABLE held_operation (
    device_id   uuid        NOT NULL REFERENCES device,
    hash        bytea       NOT NULL CHECK (octet_length(hash) = 32),
    seq         bigint      NOT NULL CHECK (seq >= 1),
    op_id       uuid        NOT NULL,
    schema_v    integer     NOT NULL,
    salt        bytea       NOT NULL,
    body        bytea       NOT NULL,
    prev_hash   bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    -- NULL when the body could not be read.
    letter_id   uuid,
    PRIMARY KEY (device_id, hash)
);

CREATE INDEX held_operation_in_order ON held_operation (device_id, seq);
