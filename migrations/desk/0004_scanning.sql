-- Scanning: batches, received pages, the clerk's decisions, and the documents attached to letters.

CREATE TABLE scan_batch (
    key        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    started_at TEXT NOT NULL,
    device     TEXT,
    -- domain::scan's state of the batch as JSON; `open` is 1 until closed or discarded
    body       TEXT NOT NULL CHECK (json_valid(body)),
    open       INTEGER NOT NULL CHECK (open IN (0, 1))
) STRICT;
CREATE UNIQUE INDEX scan_batch_one_open ON scan_batch (open) WHERE open = 1;

CREATE TABLE scan_page (
    key       INTEGER PRIMARY KEY,
    id        BLOB NOT NULL UNIQUE,
    batch_key INTEGER NOT NULL REFERENCES scan_batch (key),
    place     INTEGER NOT NULL CHECK (place >= 1),
    -- SHA-256 and length of the received bytes; the encrypted file bears the page's id
    sha256    BLOB NOT NULL,
    bytes     INTEGER NOT NULL,
    broken    INTEGER NOT NULL CHECK (broken IN (0, 1)),
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    dpi       INTEGER NOT NULL,
    -- What was read on the page (JSON list of texts); NULL until the decoder has looked
    marks     TEXT CHECK (marks IS NULL OR json_valid(marks)),
    scan_id   BLOB,
    UNIQUE (batch_key, place)
) STRICT;

CREATE TABLE scan_decision (
    key       INTEGER PRIMARY KEY,
    batch_key INTEGER NOT NULL REFERENCES scan_batch (key),
    -- first page of the group the decision is about
    page_id   BLOB NOT NULL,
    body      TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE scan (
    key         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    letter_id   BLOB NOT NULL REFERENCES letter (id),
    pages       INTEGER NOT NULL CHECK (pages >= 1),
    -- Of the PDF as central gets it, before encryption on this disk.
    bytes       INTEGER NOT NULL,
    sha256      BLOB NOT NULL,
    attached_at TEXT NOT NULL,
    uploaded_at TEXT
) STRICT;
CREATE INDEX scan_of_letter ON scan (letter_id);
CREATE INDEX scan_waiting ON scan (key) WHERE uploaded_at IS NULL;
