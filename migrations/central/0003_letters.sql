-- Letters as the operations leave them, their scans, and the stream of changes that the desks pull.
-- Instants told by a desk are text: they are shown as told and decide nothing.

CREATE TABLE letter (
    id               uuid     PRIMARY KEY,
    register         text     NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    symbol           text     NOT NULL,
    year             smallint NOT NULL,
    n                bigint   NOT NULL CHECK (n >= 1),
    identifier       text     NOT NULL,
    registered_at    text     NOT NULL,
    registered_by    text     NOT NULL,
    device_id        uuid     NOT NULL,
    facts            jsonb    NOT NULL,
    stage            text     NOT NULL CHECK (stage IN ('registered', 'handed_to_unit', 'in_progress', 'closed')),
    stage_changed_on date     NOT NULL,
    stage_changed_by text     NOT NULL,
    unit             text,
    -- {reason, by, at}; NULL while the letter stands.
    cancelled        jsonb,
    intake_op        uuid     NOT NULL,
    routing_op       uuid,
    status_op        uuid,
    status_hash      bytea    NOT NULL CHECK (octet_length(status_hash) = 32),
    UNIQUE (register, symbol, year, n)
);

CREATE INDEX letter_by_identifier ON letter (identifier);

-- No reference to letter: a scan's operation may arrive before its letter's.
CREATE TABLE scan (
    id        uuid        PRIMARY KEY,
    arrival   bigint      GENERATED ALWAYS AS IDENTITY,
    letter_id uuid        NOT NULL,
    device_id uuid        NOT NULL,
    pages     bigint      NOT NULL CHECK (pages >= 0),
    bytes     bigint      NOT NULL CHECK (bytes >= 0),
    sha256    bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    attached_by text      NOT NULL,
    attached_at text      NOT NULL,
    -- Set when all bytes are there and their hash was verified.
    stored_at timestamptz
);

CREATE INDEX scan_of_letter ON scan (letter_id, arrival);

-- The chunks of an upload under way: objects of their own until the last one came.
CREATE TABLE scan_part (
    scan_id uuid   NOT NULL REFERENCES scan,
    starts  bigint NOT NULL CHECK (starts >= 0),
    bytes   bigint NOT NULL CHECK (bytes > 0),
    object  text   NOT NULL,
    PRIMARY KEY (scan_id, starts)
);

CREATE TABLE change (
    n         bigint PRIMARY KEY,
    digest    bytea  NOT NULL CHECK (octet_length(digest) = 32),
    letter_id uuid   NOT NULL,
    -- Canonical JSON, as the digest covers it.
    body      text   NOT NULL
);
