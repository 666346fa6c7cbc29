-- Runbooks: one JSON document each in runbook.doc; columns, side tables and the index are derived from it.

CREATE TABLE runbook (
    num         INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    seq         INTEGER NOT NULL UNIQUE, -- from the same counter as changes
    revision    INTEGER NOT NULL,
    title       TEXT NOT NULL,
    owner       TEXT,
    service     TEXT,
    updated_at  TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_key  TEXT,
    doc         TEXT NOT NULL
) STRICT;
CREATE INDEX runbook_service ON runbook (service) WHERE service IS NOT NULL;
CREATE UNIQUE INDEX runbook_source ON runbook (source_kind, source_key) WHERE source_key IS NOT NULL;

CREATE TABLE runbook_alert (
    num   INTEGER NOT NULL REFERENCES runbook ON DELETE CASCADE,
    alert TEXT NOT NULL,
    PRIMARY KEY (alert, num)
) STRICT, WITHOUT ROWID;

CREATE TABLE runbook_tag (
    num INTEGER NOT NULL REFERENCES runbook ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (tag, num)
) STRICT, WITHOUT ROWID;

-- Every revision, the present one too, and deletions. Rows are never changed.
CREATE TABLE runbook_revision (
    name     TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at       TEXT NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    detail   TEXT,
    doc      TEXT,                       -- absent for a deletion
    PRIMARY KEY (name, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX runbook_revision_seq ON runbook_revision (seq);

-- As change_text, and asked by the same queries.
CREATE VIRTUAL TABLE runbook_text USING fts5(
    title, reason, error, command, file, context,
    content='', contentless_delete=1, tokenize='ascii'
);
