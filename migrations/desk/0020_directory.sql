-- The office's units and people as central last told them: one JSON document, read whole and replaced whole.

CREATE TABLE directory (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
