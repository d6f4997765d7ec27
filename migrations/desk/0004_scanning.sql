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
    received_at TEXT NOT NULL,
    -- SHA-256 and length of the received bytes; the encrypted file bears the page's id. A page that came damaged has a
    -- row without bytes and without a file: its place in the stack is known to be empty.
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    bytes     INTEGER NOT NULL CHECK (bytes >= 0),
    broken    INTEGER NOT NULL CHECK (broken IN (0, 1)),
    width     INTEGER NOT NULL,
    height    INTEGER NOT NULL,
    dpi       INTEGER NOT NULL,
    -- What was read on the page (JSON list of texts); NULL until the decoder has looked
    marks     TEXT CHECK (marks IS NULL OR json_valid(marks)),
    scan_id   BLOB,
    UNIQUE (batch_key, place)
) STRICT;
CREATE INDEX scan_page_unread ON scan_page (key) WHERE marks IS NULL;
CREATE INDEX scan_page_of_scan ON scan_page (scan_id) WHERE scan_id IS NOT NULL;

CREATE TABLE scan_decision (
    key       INTEGER PRIMARY KEY,
    batch_key INTEGER NOT NULL REFERENCES scan_batch (key),
    -- the pages it is about, and domain::scan::PageDecision, as JSON
    body      TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
CREATE INDEX scan_decision_of_batch ON scan_decision (batch_key);

CREATE TABLE scan (
    key         INTEGER PRIMARY KEY,
    id          BLOB NOT NULL UNIQUE,
    letter_id   BLOB NOT NULL REFERENCES letter (id),
    pages       INTEGER NOT NULL CHECK (pages >= 1),
    -- Of the PDF as central gets it, before encryption on this disk.
    bytes       INTEGER NOT NULL,
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    attached_at TEXT NOT NULL,
    uploaded_at TEXT
) STRICT;
CREATE INDEX scan_of_letter ON scan (letter_id);
CREATE INDEX scan_waiting ON scan (key) WHERE uploaded_at IS NULL;
