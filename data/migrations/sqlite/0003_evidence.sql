-- What came of running checks and commands. A run says something of a check as long as that asks the same: digest.

CREATE TABLE evidence (
    num        INTEGER PRIMARY KEY,
    change_id  TEXT REFERENCES change (id) ON DELETE CASCADE, -- what it belongs to: a change …
    runbook    TEXT,                                          -- … or a runbook, by its name
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,
    at         TEXT NOT NULL,
    actor      TEXT NOT NULL,
    conclusion TEXT NOT NULL,
    detail     TEXT,
    code       INTEGER,
    seconds    REAL NOT NULL,
    output     TEXT NOT NULL,
    cut        INTEGER NOT NULL,     -- 1 when more came back than was kept
    CHECK ((change_id IS NULL) <> (runbook IS NULL))
) STRICT;
CREATE INDEX evidence_change ON evidence (change_id, kind, digest, at);
CREATE INDEX evidence_runbook ON evidence (runbook, kind, digest, at);

-- How many checks a change has, and what the latest run of each says of them together: passed, failed, or not known.
ALTER TABLE change ADD COLUMN checks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE change ADD COLUMN verified TEXT;
ALTER TABLE change ADD COLUMN verified_at TEXT;
UPDATE change SET checks = json_array_length(doc, '$.checks') WHERE json_array_length(doc, '$.checks') > 0;
CREATE INDEX change_checked ON change (verified, verified_at) WHERE checks > 0;
