-- What a desk may no longer send comes as a file, encrypted to this key: made with the office, so that every backup holds it.

CREATE TABLE file_key (
    single  boolean     PRIMARY KEY DEFAULT true CHECK (single),
    -- An age identity, AGE-SECRET-KEY-1…
    secret  text        NOT NULL,
    made_at timestamptz NOT NULL
);
