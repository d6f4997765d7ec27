-- The symbols that central granted to this desk; an operation may be about numbers and no letter.

ALTER TABLE desk_state
    -- 1 once central has said which symbols this desk holds: from then on only they give numbers.
    ADD COLUMN grants_told INTEGER NOT NULL DEFAULT 0 CHECK (grants_told IN (0, 1));

-- A row that ended never gives numbers again. The nil id is the desk's own word, before central's first.
CREATE TABLE symbol_grant (
    id     BLOB PRIMARY KEY,
    symbol TEXT NOT NULL,
    state  TEXT NOT NULL CHECK (state IN ('held', 'released', 'withdrawn'))
) STRICT, WITHOUT ROWID;

CREATE TABLE op_anew (
    seq       INTEGER PRIMARY KEY CHECK (seq >= 1),
    op_id     BLOB NOT NULL UNIQUE,
    schema_v  INTEGER NOT NULL,
    salt      BLOB NOT NULL CHECK (length(salt) = 32),
    body      BLOB NOT NULL,
    prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    -- NULL when it is about numbers.
    letter_id BLOB,
    at        TEXT NOT NULL
) STRICT;
INSERT INTO op_anew SELECT seq, op_id, schema_v, salt, body, prev_hash, hash, letter_id, at FROM op;
DROP TABLE op;
-- The views that read it stay as they are.
PRAGMA legacy_alter_table = ON;
ALTER TABLE op_anew RENAME TO op;
PRAGMA legacy_alter_table = OFF;
CREATE INDEX op_of_letter ON op (letter_id);
