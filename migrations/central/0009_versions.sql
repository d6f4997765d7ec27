-- What two people say of the same facts is a task that shows both: who corrected, who set the unit, and what a task tells.

ALTER TABLE letter
    ADD COLUMN unit_set_by text,
    -- {reason, by, at} of the last correction.
    ADD COLUMN corrected   jsonb;

-- {by, overlap, cancellation}; NULL where the operation's body could not be read.
ALTER TABLE task ADD COLUMN told jsonb;
