-- How many labels were ever on their way to the printer. The mark repeats it: a database that was put back to a copy from before
-- does not print a waiting label again without asking.
ALTER TABLE desk_state ADD COLUMN labels_sent INTEGER NOT NULL DEFAULT 0 CHECK (labels_sent >= 0);

UPDATE desk_state SET labels_sent =
    (SELECT COUNT(*) FROM label_job WHERE state IN ('sending', 'sent', 'confirmed', 'uncertain', 'reprinted'));
