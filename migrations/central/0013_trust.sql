-- Whom the office's desks trust, and how a desk becomes one of them.

-- The key that signs central's certificates for this office. Made with the office: every backup holds it.
CREATE TABLE authority (
    single      boolean     PRIMARY KEY DEFAULT true CHECK (single),
    -- PKCS #8.
    private_key bytea       NOT NULL,
    -- X.509 in DER, signed by that key.
    certificate bytea       NOT NULL,
    made_at     timestamptz NOT NULL
);

CREATE TABLE invitation (
    -- SHA-256 of the code: a copy of the database lets nobody in.
    code_hash  bytea       PRIMARY KEY CHECK (octet_length(code_hash) = 32),
    symbol     text        NOT NULL CHECK (symbol ~ '^[A-Z0-9]{0,2}$' AND symbol <> '0'),
    scope      text[]      NOT NULL,
    ceiling    text[]      NOT NULL,
    made_by    text        NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    -- The desk that used it: to this one the same answer is given again.
    device_id  uuid        REFERENCES device,
    public_key bytea       CHECK (octet_length(public_key) = 32),
    CHECK ((device_id IS NULL) = (public_key IS NULL))
);

-- A desk that was let in before there was enrolment is bound by nothing.
ALTER TABLE device
    ADD COLUMN scope       text[]      NOT NULL DEFAULT '{letters,trusted_profile,tax}',
    ADD COLUMN ceiling     text[]      NOT NULL
        DEFAULT '{reception,trusted_profile_officer,tax_officer,secretary,data_protection_officer,administrator}',
    ADD COLUMN enrolled_at timestamptz;
