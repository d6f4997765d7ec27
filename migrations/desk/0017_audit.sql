-- Entries of the audit wait here until central has said that this log is whole: written into an older copy of the log they
-- would fork it. Then they stand in the log like everything else.
CREATE TABLE audit_waiting (
    key    INTEGER PRIMARY KEY,
    -- wire::v1::OpBody as JSON
    body   TEXT NOT NULL CHECK (json_valid(body)),
    -- wire::v1::Acting as JSON; NULL for a clerk of this desk alone, and for the desk itself
    acting TEXT CHECK (acting IS NULL OR json_valid(acting))
) STRICT;

-- The status line does not count them as work that waits.
ALTER TABLE op ADD COLUMN audit INTEGER NOT NULL DEFAULT 0 CHECK (audit IN (0, 1));

-- The last head of central's audit that was heard on a day. Once the day is over it is an entry.
CREATE TABLE audit_head (
    -- ISO.
    day   TEXT PRIMARY KEY,
    epoch BLOB NOT NULL,
    n     INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32),
    told  INTEGER NOT NULL DEFAULT 0 CHECK (told IN (0, 1))
) STRICT, WITHOUT ROWID;
