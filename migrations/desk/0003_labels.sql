-- The label journal: one row per printed copy. A row is durable in state 'sending' before the first byte leaves.

CREATE TABLE label_job (
    key        INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    letter_id  BLOB NOT NULL REFERENCES letter (id),
    copy       INTEGER NOT NULL CHECK (copy >= 0),
    reason     TEXT,
    -- domain::label::LabelContent as JSON, frozen when queued
    content    TEXT NOT NULL CHECK (json_valid(content)),
    -- domain::label::LabelState as JSON; `state` repeats its tag for the index
    body       TEXT NOT NULL CHECK (json_valid(body)),
    state      TEXT NOT NULL CHECK (state IN ('queued', 'checking', 'blocked', 'sending', 'sent', 'confirmed', 'uncertain', 'reprinted', 'cancelled')),
    changed_at TEXT NOT NULL,
    UNIQUE (letter_id, copy)
) STRICT;
CREATE INDEX label_job_open ON label_job (state) WHERE state NOT IN ('confirmed', 'reprinted', 'cancelled');
