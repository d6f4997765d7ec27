-- A symbol is granted to one desk for good and for all years. Its numbers pass to another desk only by a hand-over, and
-- once its series are closed nobody numbers under it again. Each number up to the last is a letter or lost.

CREATE TABLE symbol_grant (
    id           uuid        PRIMARY KEY,
    symbol       text        NOT NULL CHECK (symbol ~ '^[A-Z0-9]{0,2}$' AND symbol <> '0'),
    -- No reference to device: a grant outlives what central knows of its desk.
    device_id    uuid        NOT NULL,
    -- [{register, year, nextN}]: where the desk goes on in series that others began.
    first        jsonb       NOT NULL DEFAULT '[]',
    granted_at   timestamptz NOT NULL,
    -- The administrator, or 'hello': until enrolment decides, a free symbol is its first asker's.
    granted_by   text        NOT NULL,
    -- The desk that gets the symbol once this one has released it.
    hand_over_to uuid,
    ended        text        CHECK (ended IN ('released', 'closed')),
    ended_at     timestamptz,
    CHECK ((ended IS NULL) = (ended_at IS NULL))
);

CREATE UNIQUE INDEX symbol_grant_stands ON symbol_grant (symbol) WHERE ended IS NULL;
CREATE INDEX symbol_grant_of_desk ON symbol_grant (device_id);

INSERT INTO symbol_grant (id, symbol, device_id, granted_at, granted_by)
SELECT gen_random_uuid(), symbol, id, first_seen_at, 'hello' FROM device;

-- From now on the symbol that the desk last said hello with: what it may number under stands in its grants.
ALTER TABLE device DROP CONSTRAINT device_symbol_key;

-- Numbers that stand on no paper that anybody knows.
CREATE TABLE lost_number (
    register  text        NOT NULL CHECK (register IN ('incoming', 'outgoing')),
    symbol    text        NOT NULL,
    year      smallint    NOT NULL,
    n         bigint      NOT NULL CHECK (n >= 1),
    -- Who said so, when by her clock, and why, where a reason was given.
    named_by  text        NOT NULL,
    named_at  text        NOT NULL,
    reason    text,
    PRIMARY KEY (register, symbol, year, n)
);
