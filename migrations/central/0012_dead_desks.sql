-- The series of a desk that is gone are closed, and central is their last writer: up to the highest label on paper each
-- number is a letter, re-entered from its label where nobody has its operation, or lost. What is held is settled letter by
-- letter.

ALTER TABLE symbol_grant
    -- Who closed it, and why.
    ADD COLUMN ended_by  text,
    ADD COLUMN ended_why text;

CREATE TABLE closed_series (
    register text     NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    symbol   text     NOT NULL,
    year     smallint NOT NULL,
    -- The number on the highest label found.
    last     bigint   NOT NULL CHECK (last >= 1),
    PRIMARY KEY (register, symbol, year)
);

ALTER TABLE letter
    -- The re-entry whose place it took.
    ADD COLUMN replaces uuid;

-- Re-entries whose desk came back: its letter stands now, this is what central had put there.
CREATE TABLE replaced_letter (
    letter_id   uuid        PRIMARY KEY,
    by_letter   uuid        NOT NULL,
    -- As desks were told of it.
    body        jsonb       NOT NULL,
    replaced_at timestamptz NOT NULL
);

ALTER TABLE held_operation
    ADD COLUMN settled     text CHECK (settled IN ('accepted', 'discarded', 'same_paper', 're_registered')),
    ADD COLUMN settled_at  timestamptz,
    ADD COLUMN settled_by  text,
    ADD COLUMN settled_why text,
    ADD CHECK ((settled IS NULL) = (settled_at IS NULL));
