-- A person's erasure (RODO art. 17): a letter keeps its number, its place and its state; what it said is gone from here, from
-- the desks' logs, from what desks pull, and from the folder of scans.

CREATE TABLE erasure (
    id        uuid        PRIMARY KEY,
    letter_id uuid        NOT NULL,
    erased_at timestamptz NOT NULL,
    erased_by text        NOT NULL,
    why       text        NOT NULL
);

-- Which desks have carried it through.
CREATE TABLE erasure_confirmed (
    erasure_id   uuid        NOT NULL REFERENCES erasure,
    device_id    uuid        NOT NULL,
    confirmed_at timestamptz NOT NULL,
    PRIMARY KEY (erasure_id, device_id)
);

-- Documents whose bytes are still to be removed from the folder of scans.
CREATE TABLE erased_scan (
    scan_id uuid PRIMARY KEY
);

ALTER TABLE letter ADD COLUMN erased uuid REFERENCES erasure;
CREATE INDEX letter_erased ON letter (id) WHERE erased IS NOT NULL;

-- What the operation's hash is computed from once salt and body are gone. The body then holds who, when and what kind, for
-- the audit, and nothing of the letter.
ALTER TABLE operation ADD COLUMN commitment bytea CHECK (octet_length(commitment) = 32);
ALTER TABLE held_operation ADD COLUMN commitment bytea CHECK (octet_length(commitment) = 32);
CREATE INDEX operation_of_letter ON operation (letter_id);
