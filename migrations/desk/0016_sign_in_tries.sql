-- Tries to sign in against this desk's own verifiers: noted before the password is looked at.
CREATE TABLE sign_in_try (
    key      INTEGER PRIMARY KEY,
    clerk_id BLOB NOT NULL,
    -- Seconds since 1970, by the desk's clock.
    at       INTEGER NOT NULL
) STRICT;
