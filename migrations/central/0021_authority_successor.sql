-- The key of the office's authority may be replaced: each key has a row. From the second on, the key before certified it, and desks
-- that know only that one come in by the certificate (RFC 9810, 4.4: "new with old").

ALTER TABLE authority
    DROP COLUMN single,
    ADD COLUMN n            smallint PRIMARY KEY DEFAULT 1 CHECK (n > 0),
    -- X.509 in DER: this key, signed by the one before.
    ADD COLUMN new_with_old bytea,
    -- From then on it signs central's certificates. Every process of central knows the key by then.
    ADD COLUMN signs_from   timestamptz,
    -- Deleted once a successor signs.
    ALTER COLUMN private_key DROP NOT NULL,
    ADD CHECK ((n = 1) = (new_with_old IS NULL));
UPDATE authority SET signs_from = made_at;
ALTER TABLE authority
    ALTER COLUMN n DROP DEFAULT,
    ALTER COLUMN signs_from SET NOT NULL;

-- Fingerprint of the key that the desk trusts, as it last told.
ALTER TABLE device_report ADD COLUMN authority bytea CHECK (octet_length(authority) = 20);
