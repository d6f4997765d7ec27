-- Clerks of central who signed in at this desk: the verifier is the desk's own, made from the password she typed. One without
-- a verifier (an administrator) signs in only while central answers.

ALTER TABLE clerk ADD COLUMN login TEXT; -- NULL: a clerk of this desk alone
ALTER TABLE clerk ADD COLUMN roles TEXT CHECK (roles IS NULL OR json_valid(roles));
CREATE UNIQUE INDEX clerk_by_login ON clerk (login) WHERE login IS NOT NULL;

-- The day of the last contact with central, ISO.
ALTER TABLE desk_state ADD COLUMN contact_day TEXT;
