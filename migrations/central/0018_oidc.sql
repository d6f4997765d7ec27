-- The office's identity provider (OpenID Connect), and which subject there is which clerk. An account is never made by it.

CREATE TABLE oidc_provider (
    id            smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    issuer        text     NOT NULL,
    client_id     text     NOT NULL,
    -- Central proves itself there by a secret. It may be missing after the administrator's log was done again, which has none.
    confidential  boolean  NOT NULL,
    client_secret text,
    CHECK (confidential OR client_secret IS NULL)
);

-- A subject is unique within its issuer and nowhere else: a link counts while that issuer is set.
CREATE TABLE clerk_subject (
    clerk_id  uuid        NOT NULL REFERENCES clerk,
    issuer    text        NOT NULL,
    subject   text        NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (clerk_id, issuer),
    UNIQUE (issuer, subject)
);

-- Whom the provider vouched for and nobody linked: for the administrator to link, for a day.
CREATE TABLE oidc_stranger (
    issuer    text        NOT NULL,
    subject   text        NOT NULL,
    device_id uuid        NOT NULL REFERENCES device,
    at        timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject)
);
