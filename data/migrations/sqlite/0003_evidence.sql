-- What came of running checks and steps, and what that says of each change now.

CREATE TABLE evidence (
    num          INTEGER PRIMARY KEY,
    subject_kind TEXT NOT NULL,      -- 'change' or 'runbook'
    subject      TEXT NOT NULL,      -- its id or its name
    kind         TEXT NOT NULL,      -- 'check', 'step' or 'rollback'
    name         TEXT NOT NULL,
    digest       TEXT NOT NULL,      -- of what was run: evidence of an earlier wording says nothing of a later one
    at           TEXT NOT NULL,
    actor        TEXT NOT NULL,
    conclusion   TEXT NOT NULL,
    detail       TEXT,
    code         INTEGER,
    seconds      REAL NOT NULL,
    output       TEXT NOT NULL,
    cut          INTEGER NOT NULL    -- 1 when more came back than was kept
) STRICT;
CREATE INDEX evidence_subject ON evidence (subject_kind, subject, digest);

-- What the latest evidence of all its checks says: 'passed', 'failed', or nothing yet; and since when.
ALTER TABLE change ADD COLUMN checks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE change ADD COLUMN verified TEXT;
ALTER TABLE change ADD COLUMN verified_at TEXT;
UPDATE change SET checks = json_array_length(doc, '$.checks') WHERE json_array_length(doc, '$.checks') > 0;
CREATE INDEX change_checks ON change (at) WHERE checks > 0;
CREATE INDEX change_verified ON change (verified, at) WHERE verified IS NOT NULL;
