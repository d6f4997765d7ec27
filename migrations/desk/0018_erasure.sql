-- Letters whose content was erased for good: number and state stand here, and the chain of the log stays provable.

-- What the operation's hash is computed from once salt and body are gone; the body is then an empty object.
ALTER TABLE op ADD COLUMN commitment BLOB CHECK (commitment IS NULL OR length(commitment) = 32);

CREATE TABLE erasure (
    id        BLOB PRIMARY KEY,
    letter_id BLOB NOT NULL,
    -- 1 once the files are gone and the write-ahead log was emptied.
    done      INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    -- 1 once central has noted that it was carried through here.
    confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_of_letter ON erasure (letter_id);

-- Files that are still to be removed.
CREATE TABLE erased_file (
    shelf TEXT NOT NULL CHECK (shelf IN ('pages', 'thumbnails', 'documents')),
    id    BLOB NOT NULL,
    PRIMARY KEY (shelf, id)
) STRICT, WITHOUT ROWID;
