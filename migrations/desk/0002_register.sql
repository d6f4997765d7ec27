-- The registers: senders, letters, their numbers, their history. A number is a letter, a cancelled letter or lost.

-- The last number of each series (register, symbol, year), moved in the transaction that writes the letter.
CREATE TABLE series (
    register TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    symbol   TEXT NOT NULL,
    year     INTEGER NOT NULL,
    last     INTEGER NOT NULL CHECK (last BETWEEN 1 AND 999999),
    PRIMARY KEY (register, symbol, year)
) STRICT, WITHOUT ROWID;

CREATE TABLE party (
    key        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    -- domain::party::Party as JSON
    body       TEXT NOT NULL CHECK (json_valid(body)),
    -- folded name, address and identifier: equal text means the same sender
    same_as    TEXT NOT NULL UNIQUE,
    letters    INTEGER NOT NULL DEFAULT 0 CHECK (letters >= 0),
    last_on    TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE party_fts USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3', detail = none);

CREATE TABLE letter (
    -- Order of registration on this desk; also the row of letter_fts.
    key              INTEGER PRIMARY KEY,
    id               BLOB NOT NULL UNIQUE,
    register         TEXT NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    symbol           TEXT NOT NULL,
    year             INTEGER NOT NULL,
    n                INTEGER NOT NULL CHECK (n BETWEEN 1 AND 999999),
    identifier       TEXT NOT NULL UNIQUE,
    registered_at    TEXT NOT NULL,
    registered_by    TEXT NOT NULL,
    -- The office day whose year the number bears, ISO.
    office_day       TEXT NOT NULL,
    -- domain::letter::LetterFacts as JSON, as corrected
    facts            TEXT NOT NULL CHECK (json_valid(facts)),
    party_key        INTEGER REFERENCES party (key),
    -- The list reads these without opening the JSON.
    sender           TEXT NOT NULL,
    title            TEXT NOT NULL,
    reference        TEXT,
    received_on      TEXT NOT NULL,
    stage            TEXT NOT NULL CHECK (stage IN ('registered', 'handed_to_unit', 'in_progress', 'closed')),
    unit             TEXT,
    stage_changed_on TEXT NOT NULL,
    cancelled        TEXT CHECK (cancelled IS NULL OR json_valid(cancelled)),
    -- The operations this desk's facts rest on: intake, routing, status.
    intake_op        BLOB NOT NULL,
    status_op        BLOB,
    UNIQUE (register, symbol, year, n)
) STRICT;

CREATE VIRTUAL TABLE letter_fts USING fts5 (words, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3', detail = none);

-- A number that stands on no paper we know: named after the highest label was typed in.
CREATE TABLE lost_number (
    register TEXT NOT NULL,
    symbol   TEXT NOT NULL,
    year     INTEGER NOT NULL,
    n        INTEGER NOT NULL,
    who      TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (register, symbol, year, n)
) STRICT, WITHOUT ROWID;

-- The clear status key stays 30 days for reprints of the slip.
CREATE TABLE status_key (
    letter_id BLOB PRIMARY KEY REFERENCES letter (id),
    key       TEXT NOT NULL,
    made_on   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE history (
    key       INTEGER PRIMARY KEY,
    letter_id BLOB NOT NULL REFERENCES letter (id),
    at        TEXT NOT NULL,
    who       TEXT NOT NULL,
    -- letters::view::HistoryKind as JSON
    what      TEXT NOT NULL CHECK (json_valid(what))
) STRICT;
CREATE INDEX history_of_letter ON history (letter_id);
