-- The desk's log (outbox): append-only, chained, written in the transaction of the rows it describes.

CREATE TABLE op (
    seq       INTEGER PRIMARY KEY CHECK (seq >= 1),
    op_id     BLOB NOT NULL UNIQUE,
    schema_v  INTEGER NOT NULL,
    salt      BLOB NOT NULL CHECK (length(salt) = 32),
    body      BLOB NOT NULL,
    prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    letter_id BLOB NOT NULL,
    at        TEXT NOT NULL
) STRICT;
CREATE INDEX op_of_letter ON op (letter_id);

CREATE TABLE sync_state (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    -- Everything up to this seq is acknowledged by central.
    acked_seq   INTEGER NOT NULL DEFAULT 0,
    -- Everything up to this seq is contained in what was pulled: only later operations are laid over it.
    pulled_seq  INTEGER NOT NULL DEFAULT 0,
    -- The cursor of pull: (epoch, head, digest of the change at head).
    epoch       BLOB,
    head        INTEGER NOT NULL DEFAULT 0,
    digest      BLOB
) STRICT;
INSERT INTO sync_state (id) VALUES (1);

-- What central says of letters, as pulled. Own unsent operations are laid over it when read.
CREATE TABLE central_letter (
    letter_id        BLOB PRIMARY KEY,
    n                INTEGER NOT NULL,
    -- wire::v1 projection as JSON, kept whole
    body             TEXT NOT NULL CHECK (json_valid(body)),
    stage            TEXT NOT NULL,
    unit             TEXT,
    stage_changed_on TEXT NOT NULL,
    -- The operation that the stage comes from: what a clerk who sees it bases her own on. NULL: the registration.
    status_op        BLOB
) STRICT, WITHOUT ROWID;

-- Operations of others that stand in a letter's history already, so that a change read twice is told once.
CREATE TABLE noted_op (
    op_id BLOB PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A change that could not be applied: kept raw, reported, and the cursor goes on.
CREATE TABLE raw_change (
    n      INTEGER NOT NULL,
    epoch  BLOB NOT NULL,
    body   BLOB NOT NULL,
    why    TEXT NOT NULL,
    PRIMARY KEY (epoch, n)
) STRICT, WITHOUT ROWID;

-- Something a person must look at: a verdict with a flag, a parked operation.
CREATE TABLE task (
    key       INTEGER PRIMARY KEY,
    letter_id BLOB,
    kind      TEXT NOT NULL,
    detail    TEXT NOT NULL CHECK (json_valid(detail)),
    made_at   TEXT NOT NULL,
    done_at   TEXT
) STRICT;
