-- Clerks of the office, their roles, the desks at which they signed in, and tries to sign in.

CREATE TABLE clerk (
    id            uuid        PRIMARY KEY,
    login         text        NOT NULL UNIQUE CHECK (login ~ '^[a-z0-9][a-z0-9._-]{1,39}$'),
    given_name    text        NOT NULL,
    surname       text        NOT NULL,
    -- argon2id in PHC form
    password_hash text        NOT NULL,
    -- One who is not active signs in nowhere; what she did stays hers.
    active        boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL
);

CREATE TABLE clerk_role (
    clerk_id   uuid        NOT NULL REFERENCES clerk,
    role       text        NOT NULL CHECK (role IN ('reception', 'trusted_profile_officer', 'tax_officer', 'secretary',
                                                    'data_protection_officer', 'administrator')),
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (clerk_id, role)
);

-- A desk may state only a clerk who signed in there with her password at least once.
CREATE TABLE clerk_at_desk (
    clerk_id  uuid        NOT NULL REFERENCES clerk,
    device_id uuid        NOT NULL REFERENCES device,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (clerk_id, device_id)
);

-- A try is written before its password is checked, and taken away when it fits.
CREATE TABLE sign_in_try (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of the login: people type passwords into that field.
    login_hash bytea       NOT NULL CHECK (octet_length(login_hash) = 32),
    device_id  uuid        NOT NULL REFERENCES device,
    tried_at   timestamptz NOT NULL
);

CREATE INDEX sign_in_try_by_login ON sign_in_try (login_hash, tried_at);
CREATE INDEX sign_in_try_by_desk ON sign_in_try (device_id, tried_at);
