-- The desk itself: its clerks, its settings, its office day, its identity. One row each where there is one of a kind.

CREATE TABLE desk_state (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    device_id   BLOB NOT NULL,
    -- ed25519 secret of this desk; lives only here, in the encrypted file.
    signing_key BLOB NOT NULL,
    -- The stored office day (dzień urzędowy), ISO; NULL before the first start is finished.
    office_day  TEXT,
    -- The clock's day for which a clerk confirmed the stored one; while the clock says the same, nobody asks again.
    day_for_clock TEXT,
    -- 1 while the start check has not shown that this desk is not behind itself.
    locked      INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
    created_at  TEXT NOT NULL
) STRICT;

CREATE TABLE clerk (
    id            BLOB PRIMARY KEY,
    given_name    TEXT NOT NULL,
    surname       TEXT NOT NULL,
    -- argon2id in PHC form
    password_hash TEXT NOT NULL,
    created_at    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

-- The unfinished intake form, as typed.
CREATE TABLE draft (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    body     TEXT NOT NULL CHECK (json_valid(body)),
    saved_at TEXT NOT NULL
) STRICT;
