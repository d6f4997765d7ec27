-- The desks' logs as received: what central shows is derived from them and can be derived again.

CREATE TABLE operation (
    device_id   uuid        NOT NULL REFERENCES device,
    seq         bigint      NOT NULL CHECK (seq >= 1),
    op_id       uuid        NOT NULL,
    schema_v    integer     NOT NULL,
    salt        bytea       NOT NULL,
    body        bytea       NOT NULL,
    prev_hash   bytea       NOT NULL,
    hash        bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    -- NULL when the body could not be read.
    letter_id   uuid,
    fate        text        NOT NULL CHECK (fate IN ('applied', 'flagged', 'kept')),
    reason      text,
    PRIMARY KEY (device_id, seq),
    CHECK ((fate = 'applied') = (reason IS NULL))
);

CREATE INDEX operation_waiting ON operation (letter_id) WHERE fate = 'kept' AND reason = 'letter_unknown';

-- Operations that failed inside central, with the number of failures: the third parks them.
CREATE TABLE operation_failure (
    device_id uuid    NOT NULL,
    seq       bigint  NOT NULL,
    failures  integer NOT NULL CHECK (failures >= 1),
    PRIMARY KEY (device_id, seq)
);

-- Changes that began at central itself (command line, secretary's office), as bodies of operations.
CREATE TABLE central_act (
    op_id   uuid        PRIMARY KEY,
    body    bytea       NOT NULL,
    done_at timestamptz NOT NULL
);

-- What somebody at the office must look at.
CREATE TABLE task (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    op_id     uuid        NOT NULL,
    letter_id uuid,
    reason    text        NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz
);

CREATE INDEX task_open ON task (letter_id) WHERE closed_at IS NULL;
