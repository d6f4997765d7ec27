-- Central's word about this desk: 'older' when its database lacks operations that central holds, 'forked' when two
-- machines write its log, 'revoked' by the administrator.

ALTER TABLE desk_state
    ADD COLUMN centrals_word TEXT NOT NULL DEFAULT 'fits' CHECK (centrals_word IN ('fits', 'older', 'forked', 'revoked'));
