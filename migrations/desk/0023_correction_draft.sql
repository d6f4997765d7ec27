-- A correction that a clerk has not finished, as typed, and the operation that the form was filled from: where another
-- one came meanwhile, she is told.
CREATE TABLE correction_draft (
    clerk_id  BLOB NOT NULL,
    letter_id BLOB NOT NULL REFERENCES letter (id),
    based_on  BLOB NOT NULL,
    body      TEXT NOT NULL CHECK (json_valid(body)),
    saved_at  TEXT NOT NULL,
    PRIMARY KEY (clerk_id, letter_id)
) STRICT, WITHOUT ROWID;
