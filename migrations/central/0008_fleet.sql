-- What each desk last told of itself, for the administrator. Nothing of it is about a letter or a person.

CREATE TABLE device_report (
    device_id             uuid        PRIMARY KEY REFERENCES device,
    received_at           timestamptz NOT NULL,
    unsent                bigint      NOT NULL CHECK (unsent >= 0),
    -- By the desk's own clock.
    oldest_unsent_seconds bigint      CHECK (oldest_unsent_seconds >= 0),
    label_printer         text        NOT NULL,
    mfp                   text        NOT NULL
);
