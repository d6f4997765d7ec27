-- The office's directory: units, who works in them, who is away; what desks read of it; and what citizens read of a letter's unit.

CREATE TABLE unit (
    id        uuid    PRIMARY KEY,
    symbol    text    NOT NULL UNIQUE CHECK (symbol <> ''),
    name      text    NOT NULL CHECK (name <> ''),
    parent_id uuid    REFERENCES unit DEFERRABLE INITIALLY DEFERRED,
    -- Its name says too much of whoever writes to it: citizens read the office's name instead.
    neutral   boolean NOT NULL DEFAULT false,
    -- No letter is given to it any more; what older ones say stays.
    closed    boolean NOT NULL DEFAULT false
);

CREATE TABLE unit_member (
    unit_id  uuid    NOT NULL REFERENCES unit,
    clerk_id uuid    NOT NULL REFERENCES clerk,
    head     boolean NOT NULL,
    PRIMARY KEY (unit_id, clerk_id)
);

CREATE UNIQUE INDEX head_of_unit ON unit_member (unit_id) WHERE head;

CREATE TABLE absence (
    id        uuid PRIMARY KEY,
    clerk_id  uuid NOT NULL REFERENCES clerk,
    first_day date NOT NULL,
    last_day  date NOT NULL CHECK (last_day >= first_day),
    deputy_id uuid REFERENCES clerk CHECK (deputy_id <> clerk_id)
);

-- Canonical JSON and its SHA-256, written anew with every change of the above.
CREATE TABLE directory (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    body   text    NOT NULL,
    hash   bytea   NOT NULL CHECK (octet_length(hash) = 32)
);

-- A letter's words for its unit or person, in small letters, and the unit that citizens read of. Words of old names stay: letters
-- bear them.
CREATE TABLE public_unit (
    words   text PRIMARY KEY,
    unit_id uuid NOT NULL REFERENCES unit
);

-- Words that name no unit we know may name a person. On the page '' stands for the office.
UPDATE status_public SET unit = '' WHERE unit IS NOT NULL;
