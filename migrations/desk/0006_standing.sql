-- How a letter stands: central's word, unless an own operation is newer than what was pulled; what waits; what is scanned.

CREATE VIEW letter_standing AS
SELECT
    key,
    CASE WHEN own THEN own_stage ELSE central_stage END AS stage,
    CASE WHEN own THEN own_unit ELSE central_unit END AS unit,
    CASE WHEN own THEN own_changed_on ELSE central_changed_on END AS stage_changed_on,
    CASE WHEN own THEN own_status_op ELSE central_status_op END AS status_op,
    synced,
    pages,
    label_waits
FROM (
    SELECT
        l.key,
        l.stage AS own_stage,
        l.unit AS own_unit,
        l.stage_changed_on AS own_changed_on,
        l.status_op AS own_status_op,
        c.stage AS central_stage,
        c.unit AS central_unit,
        c.stage_changed_on AS central_changed_on,
        c.status_op AS central_status_op,
        -- Only a stage of one's own counts: a correction that waits must not hide central's stage.
        c.letter_id IS NULL
            OR EXISTS (SELECT 1 FROM op, sync_state WHERE op.op_id = l.status_op AND op.seq > sync_state.pulled_seq) AS own,
        NOT EXISTS (SELECT 1 FROM op, sync_state WHERE op.letter_id = l.id AND op.seq > sync_state.acked_seq) AS synced,
        COALESCE((SELECT scan.pages FROM scan WHERE scan.letter_id = l.id ORDER BY scan.key DESC LIMIT 1), 0) AS pages,
        EXISTS (
            SELECT 1 FROM label_job WHERE label_job.letter_id = l.id AND label_job.state IN ('blocked', 'uncertain')
        ) AS label_waits
    FROM letter AS l
    LEFT JOIN central_letter AS c ON c.letter_id = l.id
);
