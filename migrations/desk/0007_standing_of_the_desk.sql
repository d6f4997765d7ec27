-- Central's word about this desk: 'forked' when two machines write its log, 'revoked' by the administrator.

ALTER TABLE desk_state ADD COLUMN standing TEXT NOT NULL DEFAULT 'counts' CHECK (standing IN ('counts', 'forked', 'revoked'));
