-- Where the disk gets full, the copies here of documents that two proved backups of central hold may go: they are read from central then.

ALTER TABLE sync_state ADD COLUMN backed_up_head INTEGER;
-- Number of a change by which central showed that it had the document.
ALTER TABLE scan ADD COLUMN confirmed_n INTEGER;
-- `going`: its files may or may not be there still.
ALTER TABLE scan ADD COLUMN copy TEXT NOT NULL DEFAULT 'here' CHECK (copy IN ('here', 'going', 'gone'));
CREATE INDEX scan_to_go ON scan (confirmed_n) WHERE copy <> 'gone' AND confirmed = 1;
