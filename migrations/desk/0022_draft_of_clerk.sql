-- An unfinished form belongs to the clerk who types it. Sixteen zero bytes: to nobody, as what was typed before this
-- version, or by a clerk who left; whoever has no form of her own takes it.
ALTER TABLE draft RENAME TO draft_of_desk;

CREATE TABLE draft (
    clerk_id BLOB PRIMARY KEY CHECK (length(clerk_id) = 16),
    body     TEXT NOT NULL CHECK (json_valid(body)),
    saved_at TEXT NOT NULL
) STRICT;

INSERT INTO draft (clerk_id, body, saved_at) SELECT zeroblob(16), body, saved_at FROM draft_of_desk;

DROP TABLE draft_of_desk;
