-- A document that central answered for is uploaded; only when a pulled letter shows it as stored is it confirmed. Between the two
-- central may be put back to a backup without anybody noticing, so the hello offers it again.

ALTER TABLE scan ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0 CHECK (confirmed IN (0, 1));
CREATE INDEX scan_unconfirmed ON scan (key) WHERE uploaded_at IS NOT NULL AND confirmed = 0;
