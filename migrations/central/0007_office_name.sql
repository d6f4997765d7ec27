-- What the office is called and where its status page stands: central may serve several offices, and finds them here.

ALTER TABLE office_state
    ADD COLUMN name text NOT NULL DEFAULT '',
    -- Lower case, without a port. Needed where several offices are served.
    ADD COLUMN host text CHECK (host ~ '^[a-z0-9.-]+$');
