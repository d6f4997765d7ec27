-- The kinds of records under which a desk says that it has read everything: what is outside is gone from it.

ALTER TABLE device_report ADD COLUMN read_scope text[];
