-- A PIN unlocks the screen, and signs nobody in: it is no protection, and its tries are few.

ALTER TABLE clerk ADD COLUMN pin_hash TEXT; -- argon2id in PHC form; NULL: none
-- Wrong tries since the last password or right PIN, counted before the PIN is looked at.
ALTER TABLE clerk ADD COLUMN pin_tries INTEGER NOT NULL DEFAULT 0 CHECK (pin_tries >= 0);
