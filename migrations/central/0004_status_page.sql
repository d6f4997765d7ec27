-- What the public page may read, and nothing else: no name, no title, no number, not even the letter's id.

CREATE TABLE status_public (
    -- Hash of the status key; the key itself is at the registering desk and on the citizen's slip.
    hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
    stage      text  NOT NULL,
    changed_on date  NOT NULL,
    unit       text,
    -- Last day on which the page answers.
    expires_on date  NOT NULL
);
