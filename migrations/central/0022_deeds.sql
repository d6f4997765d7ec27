-- What the administrator's log tells a restored database about operations that its desks are still to send again: how what is
-- held of a letter was settled, how far the log of a desk counted that counts no more, and what its clerks might do then.

CREATE TABLE settlement (
    n         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id uuid    NOT NULL,
    letter_id uuid    NOT NULL,
    -- The letter that is the same paper: erasing it erases the held one, too.
    same_as   uuid,
    -- The number that the letter got anew.
    register  text    CHECK (register IN ('incoming', 'outgoing')),
    symbol    text,
    year      smallint,
    number    bigint  CHECK (number >= 1),
    -- As the administrator's log has it.
    deed      jsonb   NOT NULL,
    -- False while something that it is about has not come (again).
    done      boolean NOT NULL,
    CHECK (num_nulls(register, symbol, year, number) IN (0, 4))
);

CREATE INDEX settlement_waits ON settlement (n) WHERE NOT done;
CREATE INDEX settlement_same_as ON settlement (same_as) WHERE same_as IS NOT NULL;

CREATE TABLE counted_log (
    device_id uuid   PRIMARY KEY,
    seq       bigint NOT NULL CHECK (seq >= 1),
    hash      bytea  NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TABLE rights_then (
    device_id uuid    NOT NULL,
    -- Operations up to this one, on this chain, are judged by what follows.
    seq       bigint  NOT NULL CHECK (seq >= 1),
    hash      bytea   NOT NULL CHECK (octet_length(hash) = 32),
    accounts  boolean NOT NULL,
    scope     text[]  NOT NULL,
    ceiling   text[]  NOT NULL,
    -- {clerk: [role]} of those who had signed in there.
    roles     jsonb   NOT NULL,
    PRIMARY KEY (device_id, seq)
);
