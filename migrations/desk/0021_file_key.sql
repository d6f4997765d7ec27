-- Whom a file for central is encrypted to where this desk cannot send: the public key (age1…) that central told at the last hello.

ALTER TABLE sync_state ADD COLUMN file_key TEXT;
