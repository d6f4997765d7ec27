-- What this desk was told when it joined its office: whom it trusts there, and what bounds it.

CREATE TABLE enrolment (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    -- TERYT code.
    office      TEXT NOT NULL,
    -- Of the key that signs central's certificates: the first 160 bits of SHA-256.
    fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 20),
    -- {scope, ceiling}: kinds of records that may be here, roles that may be exercised here.
    bounds      TEXT NOT NULL CHECK (json_valid(bounds)),
    -- 1 where the office has accounts: then nobody works here without one.
    accounts    INTEGER NOT NULL CHECK (accounts IN (0, 1)),
    enrolled_at TEXT NOT NULL
) STRICT;
