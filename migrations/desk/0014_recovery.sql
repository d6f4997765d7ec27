-- A database that was opened by its recovery card, or on another machine than it was made on, takes no numbers any more: the
-- machine that it came from may still be at work. It sends, reads, and prints marked duplicates.

ALTER TABLE desk_state ADD COLUMN drain_only INTEGER NOT NULL DEFAULT 0 CHECK (drain_only IN (0, 1));
-- SHA-256 of the machine's own id; NULL before it was noted, or where the machine has none.
ALTER TABLE desk_state ADD COLUMN machine TEXT;
-- The day on which the recovery card was last saved, ISO.
ALTER TABLE desk_state ADD COLUMN card_saved_on TEXT;
