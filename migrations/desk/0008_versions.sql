-- Letters of other desks stand in the register too, and what others change of a letter is taken over: facts, unit and stage
-- each for itself. A task names the operation that opened it.

ALTER TABLE letter ADD COLUMN registered_on BLOB; -- NULL: this desk
ALTER TABLE letter ADD COLUMN unit_op BLOB;
CREATE INDEX letter_of_this_desk ON letter (key) WHERE registered_on IS NULL;

ALTER TABLE central_letter ADD COLUMN routing_op BLOB;
ALTER TABLE central_letter ADD COLUMN pages INTEGER NOT NULL DEFAULT 0;

ALTER TABLE task ADD COLUMN op_id BLOB;
-- This desk's operation that settled it.
ALTER TABLE task ADD COLUMN settled_op BLOB;
CREATE UNIQUE INDEX task_of_op ON task (op_id, kind) WHERE op_id IS NOT NULL;

DROP VIEW letter_standing;

CREATE VIEW letter_standing AS
SELECT
    key,
    CASE WHEN own_stage THEN stage ELSE central_stage END AS stage,
    CASE WHEN own_stage THEN stage_changed_on ELSE central_changed_on END AS stage_changed_on,
    CASE WHEN own_stage THEN status_op ELSE central_status_op END AS status_op,
    CASE WHEN own_unit THEN unit ELSE central_unit END AS unit,
    CASE WHEN own_unit THEN unit_op ELSE central_routing_op END AS unit_op,
    synced,
    pages,
    label_waits
FROM (
    SELECT
        l.key,
        l.stage,
        l.stage_changed_on,
        l.status_op,
        l.unit,
        l.unit_op,
        c.stage AS central_stage,
        c.unit AS central_unit,
        c.stage_changed_on AS central_changed_on,
        c.status_op AS central_status_op,
        c.routing_op AS central_routing_op,
        -- Only a stage of one's own counts: a correction that waits must not hide central's stage.
        c.letter_id IS NULL
            OR EXISTS (SELECT 1 FROM op, sync_state WHERE op.op_id = l.status_op AND op.seq > sync_state.pulled_seq)
            AS own_stage,
        c.letter_id IS NULL
            OR EXISTS (SELECT 1 FROM op, sync_state WHERE op.op_id = l.unit_op AND op.seq > sync_state.pulled_seq)
            AS own_unit,
        NOT EXISTS (SELECT 1 FROM op, sync_state WHERE op.letter_id = l.id AND op.seq > sync_state.acked_seq) AS synced,
        COALESCE(
            (SELECT scan.pages FROM scan WHERE scan.letter_id = l.id ORDER BY scan.key DESC LIMIT 1), c.pages, 0
        ) AS pages,
        EXISTS (
            SELECT 1 FROM label_job WHERE label_job.letter_id = l.id AND label_job.state IN ('blocked', 'uncertain')
        ) AS label_waits
    FROM letter AS l
    LEFT JOIN central_letter AS c ON c.letter_id = l.id
);
