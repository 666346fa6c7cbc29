-- One JSON document per change in change.doc; every column and side table below is derived from it in the same
-- transaction, so that plain SQL works on a database. Migrations are append-only: never edit this file, add the next one.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One counter for every write: "what is newer than N" is `seq > N`.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES ('seq', 0);

CREATE TABLE change (
    num         INTEGER PRIMARY KEY, -- joins the full-text index and the side tables
    id          TEXT NOT NULL UNIQUE,
    seq         INTEGER NOT NULL UNIQUE,
    revision    INTEGER NOT NULL,
    title       TEXT NOT NULL,
    status      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    owner       TEXT,
    service     TEXT,
    environment TEXT,
    at          TEXT NOT NULL,       -- shipped_at, else created_at: the order of lists
    shipped_at  TEXT,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source_key  TEXT,
    digest      TEXT,                -- of the draft as supplied, where there is a source key
    cut         INTEGER NOT NULL,    -- 1 when it has more files than are indexed
    doc         TEXT NOT NULL
) STRICT;
-- Every index ends with num: equal times are ordered by when they were recorded.
CREATE INDEX change_at ON change (at);
CREATE INDEX change_owner ON change (owner, at) WHERE owner IS NOT NULL;
CREATE INDEX change_service ON change (service, at) WHERE service IS NOT NULL;
CREATE INDEX change_cut ON change (num) WHERE cut;
CREATE UNIQUE INDEX change_source ON change (source_kind, source_key) WHERE source_key IS NOT NULL;

CREATE TABLE change_file (
    num  INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    path TEXT NOT NULL,
    PRIMARY KEY (path, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_file_num ON change_file (num);

CREATE TABLE change_tag (
    num INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (tag, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_tag_num ON change_tag (num);

CREATE TABLE change_metric (
    num    INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    name   TEXT NOT NULL,
    unit   TEXT,
    before REAL,
    after  REAL,
    better TEXT NOT NULL,
    PRIMARY KEY (num, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_metric_name ON change_metric (name);

CREATE TABLE change_commit (
    num  INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    hash TEXT NOT NULL,
    PRIMARY KEY (hash, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_commit_num ON change_commit (num);

CREATE TABLE change_relation (
    num    INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    place  INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    target TEXT NOT NULL,            -- an id; the change need not be here
    PRIMARY KEY (num, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_relation_target ON change_relation (target);

CREATE TABLE change_fingerprint (
    num         INTEGER NOT NULL REFERENCES change ON DELETE CASCADE,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (fingerprint, num)
) STRICT, WITHOUT ROWID;
CREATE INDEX change_fingerprint_num ON change_fingerprint (num);

-- Superseded revisions; the present one is change.doc. Rows are never changed.
CREATE TABLE revision (
    id       TEXT NOT NULL,
    revision INTEGER NOT NULL,
    doc      TEXT NOT NULL,
    PRIMARY KEY (id, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstone (
    id     TEXT PRIMARY KEY,
    seq    INTEGER NOT NULL UNIQUE,
    at     TEXT NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL,
    title  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    num       INTEGER PRIMARY KEY,
    at        TEXT NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    change_id TEXT NOT NULL,
    revision  INTEGER NOT NULL,
    detail    TEXT
) STRICT;
CREATE INDEX event_change ON event (change_id, revision);

-- Words as they are written, for finding the one that was meant. Words of deleted changes stay; they find nothing.
CREATE TABLE word (
    surface TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Fed with the analyzer's own tokens, one space between them: every character of a token is a token character of the
-- `ascii` tokenizer, so SQLite never splits or folds them further.
CREATE VIRTUAL TABLE change_text USING fts5(
    title, reason, error, command, file, context,
    content='', contentless_delete=1, tokenize='ascii'
);
-- Bytes gathered before they are written: an import writes fewer and larger pieces, which need less merging.
INSERT INTO change_text (change_text, rank) VALUES ('hashsize', 16777216);
