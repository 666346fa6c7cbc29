-- One JSON document per change in change.doc; every column and side table below is derived from it in the same
-- transaction, so that plain SQL works on a database. Migrations are append-only: never edit this file, add the next one.
-- Text is compared byte by byte (COLLATE "C"), as the embedded engine compares it.

CREATE TABLE meta (
    name  text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

-- How far each numbering came. They are read and written under one advisory lock, which is held to the end of the
-- transaction: numbers are in the order of commits, so that what is newer than a number is never committed late.
CREATE TABLE counter (
    name  text COLLATE "C" PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO counter (name, value)
    VALUES ('seq', 0), ('change', 0), ('event', 0), ('evidence', 0), ('runbook', 0);

CREATE TABLE change (
    num         bigint PRIMARY KEY,      -- joins the full-text index and the side tables
    id          text COLLATE "C" NOT NULL UNIQUE,
    seq         bigint NOT NULL UNIQUE,
    revision    bigint NOT NULL,
    title       text COLLATE "C" NOT NULL,
    status      text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL,
    owner       text COLLATE "C",
    service     text COLLATE "C",
    environment text COLLATE "C",
    at          text COLLATE "C" NOT NULL, -- shipped_at, else created_at: the order of lists
    shipped_at  text COLLATE "C",
    created_at  text COLLATE "C" NOT NULL,
    updated_at  text COLLATE "C" NOT NULL,
    source_kind text COLLATE "C" NOT NULL,
    source_key  text COLLATE "C",
    digest      text COLLATE "C",        -- of the draft as supplied, where there is a source key
    cut         boolean NOT NULL,        -- whether it has more files than are indexed
    checks      bigint NOT NULL DEFAULT 0,
    verified    text COLLATE "C",        -- what the latest evidence of all its checks says, or nothing yet
    verified_at text COLLATE "C",
    doc         json NOT NULL
);
-- Every index ends with num: equal times are ordered by when they were recorded.
CREATE INDEX change_at ON change (at, num);
CREATE INDEX change_owner ON change (owner, at, num) WHERE owner IS NOT NULL;
CREATE INDEX change_service ON change (service, at, num) WHERE service IS NOT NULL;
CREATE INDEX change_environment ON change (environment, at, num) WHERE environment IS NOT NULL;
CREATE INDEX change_kind ON change (kind, at, num);
CREATE INDEX change_unsettled ON change (status, at, num) WHERE status <> 'shipped';
CREATE INDEX change_checks ON change (at, num) WHERE checks > 0;
CREATE INDEX change_verified ON change (verified, at, num) WHERE verified IS NOT NULL;
CREATE INDEX change_cut ON change (num) WHERE cut;
CREATE UNIQUE INDEX change_source ON change (source_kind, source_key) WHERE source_key IS NOT NULL;

CREATE TABLE change_file (
    path text COLLATE "C" NOT NULL,
    num  bigint NOT NULL,
    PRIMARY KEY (path, num)
);
CREATE INDEX change_file_num ON change_file (num);
-- Paths are named by their ends, too.
CREATE INDEX change_file_end ON change_file (reverse(path) COLLATE "C");

CREATE TABLE change_tag (
    tag text COLLATE "C" NOT NULL,
    num bigint NOT NULL,
    PRIMARY KEY (tag, num)
);
CREATE INDEX change_tag_num ON change_tag (num);

CREATE TABLE change_metric (
    num     bigint NOT NULL,
    place   bigint NOT NULL,
    name    text COLLATE "C" NOT NULL,
    unit    text COLLATE "C",
    before  double precision,
    after   double precision,
    better  text COLLATE "C" NOT NULL,
    percent double precision,            -- the relative change, where there is one
    verdict text COLLATE "C",            -- improved, regressed or flat, where it has both values
    PRIMARY KEY (num, place)
);
CREATE INDEX change_metric_name ON change_metric (name, num);

CREATE TABLE change_commit (
    hash text COLLATE "C" NOT NULL,
    num  bigint NOT NULL,
    PRIMARY KEY (hash, num)
);
CREATE INDEX change_commit_num ON change_commit (num);

CREATE TABLE change_relation (
    num    bigint NOT NULL,
    place  bigint NOT NULL,
    kind   text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,    -- an id; the change need not be here
    PRIMARY KEY (num, place)
);
CREATE INDEX change_relation_target ON change_relation (target);

CREATE TABLE change_fingerprint (
    fingerprint text COLLATE "C" NOT NULL,
    num         bigint NOT NULL,
    PRIMARY KEY (fingerprint, num)
);
CREATE INDEX change_fingerprint_num ON change_fingerprint (num);

-- The terms of the analyzer. Weights are fields: A title, B error, C command, D reason; with `+` in front A file, B the
-- rest, with `^` titles once more. With `~` in front stands a word as it is written, where its stem does not show it. Vectors stay in their rows as
-- far as they fit: searching the latest records reads them one after the other.
CREATE TABLE change_text (
    num   bigint PRIMARY KEY,
    words tsvector NOT NULL
) WITH (toast_tuple_target = 8160);
CREATE INDEX change_text_words ON change_text USING gin (words) WITH (gin_pending_list_limit = 1024);

-- Superseded revisions; the present one is change.doc. Rows are never changed.
CREATE TABLE revision (
    id       text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    doc      json NOT NULL,
    PRIMARY KEY (id, revision)
);

CREATE TABLE tombstone (
    id     text COLLATE "C" PRIMARY KEY,
    seq    bigint NOT NULL UNIQUE,
    at     text COLLATE "C" NOT NULL,
    actor  text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    title  text COLLATE "C" NOT NULL,
    num    bigint                        -- the row the change had
);

CREATE TABLE event (
    num       bigint PRIMARY KEY,
    at        text COLLATE "C" NOT NULL,
    actor     text COLLATE "C" NOT NULL,
    action    text COLLATE "C" NOT NULL,
    change_id text COLLATE "C" NOT NULL,
    revision  bigint NOT NULL,
    detail    text COLLATE "C"
);
CREATE INDEX event_change ON event (change_id, revision);

-- Words as they are written, for finding the one that was meant. Words of deleted changes stay; they find nothing.
CREATE TABLE word (
    surface text COLLATE "C" PRIMARY KEY
);

-- How many changes of a month have a value of a facet.
CREATE TABLE tally (
    facet   text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    month   text COLLATE "C" NOT NULL,
    changes bigint NOT NULL,
    PRIMARY KEY (facet, name, month)
);

-- What came of running checks and steps.
CREATE TABLE evidence (
    num          bigint PRIMARY KEY,
    subject_kind text COLLATE "C" NOT NULL, -- 'change' or 'runbook'
    subject      text COLLATE "C" NOT NULL, -- its id or its name
    kind         text COLLATE "C" NOT NULL, -- 'check', 'step' or 'rollback'
    name         text COLLATE "C" NOT NULL,
    digest       text COLLATE "C" NOT NULL, -- of what was run: evidence of an earlier wording says nothing of a later one
    at           text COLLATE "C" NOT NULL,
    actor        text COLLATE "C" NOT NULL,
    conclusion   text COLLATE "C" NOT NULL,
    detail       text COLLATE "C",
    code         integer,
    seconds      double precision NOT NULL,
    output       text COLLATE "C" NOT NULL,
    cut          boolean NOT NULL           -- whether more came back than was kept
);
CREATE INDEX evidence_subject ON evidence (subject_kind, subject, digest, num);

CREATE TABLE runbook (
    num         bigint PRIMARY KEY,
    name        text COLLATE "C" NOT NULL UNIQUE,
    seq         bigint NOT NULL UNIQUE,     -- from the same counter as changes
    revision    bigint NOT NULL,
    title       text COLLATE "C" NOT NULL,
    owner       text COLLATE "C",
    service     text COLLATE "C",
    updated_at  text COLLATE "C" NOT NULL,
    source_kind text COLLATE "C" NOT NULL,
    source_key  text COLLATE "C",
    doc         json NOT NULL
);
CREATE INDEX runbook_service ON runbook (service) WHERE service IS NOT NULL;
CREATE UNIQUE INDEX runbook_source ON runbook (source_kind, source_key) WHERE source_key IS NOT NULL;

CREATE TABLE runbook_alert (
    alert text COLLATE "C" NOT NULL,
    num   bigint NOT NULL,
    PRIMARY KEY (alert, num)
);

CREATE TABLE runbook_tag (
    tag text COLLATE "C" NOT NULL,
    num bigint NOT NULL,
    PRIMARY KEY (tag, num)
);

-- Every revision, the present one too, and deletions. Rows are never changed.
CREATE TABLE runbook_revision (
    name     text COLLATE "C" NOT NULL,
    seq      bigint NOT NULL,
    revision bigint NOT NULL,
    at       text COLLATE "C" NOT NULL,
    actor    text COLLATE "C" NOT NULL,
    action   text COLLATE "C" NOT NULL,
    detail   text COLLATE "C",
    doc      json,                          -- absent for a deletion
    PRIMARY KEY (name, seq)
);
CREATE INDEX runbook_revision_seq ON runbook_revision (seq);

-- As change_text, and asked by the same queries.
CREATE TABLE runbook_text (
    num   bigint PRIMARY KEY,
    words tsvector NOT NULL
);
CREATE INDEX runbook_text_words ON runbook_text USING gin (words);

-- Tells this database from every other.
INSERT INTO meta (name, value) VALUES ('identity', replace(gen_random_uuid()::text, '-', ''));
