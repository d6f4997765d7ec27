-- The operation that gave a letter another status key than its registration did.

ALTER TABLE letter ADD COLUMN key_op uuid;
