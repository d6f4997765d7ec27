-- What this desk may not hold stands here as number and state only.

-- The kinds of records (JSON) under which central's changes were read; another scope reads all of them anew. NULL: every kind.
ALTER TABLE sync_state ADD COLUMN read_scope TEXT CHECK (read_scope IS NULL OR json_valid(read_scope));
