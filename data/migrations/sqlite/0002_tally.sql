-- What published lists ask for: counts that need no counting, and the few changes that have not shipped or did not stay.

-- How many changes of a month have a value of a facet.
CREATE TABLE tally (
    facet   TEXT NOT NULL,
    name    TEXT NOT NULL,
    month   TEXT NOT NULL,
    changes INTEGER NOT NULL,
    PRIMARY KEY (facet, name, month)
) STRICT, WITHOUT ROWID;
INSERT INTO tally
    SELECT 'owner', owner, substr(at, 1, 7), count(*) FROM change WHERE owner IS NOT NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'service', service, substr(at, 1, 7), count(*) FROM change WHERE service IS NOT NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'environment', environment, substr(at, 1, 7), count(*) FROM change WHERE environment IS NOT NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'kind', kind, substr(at, 1, 7), count(*) FROM change GROUP BY 2, 3
    UNION ALL
    SELECT 'month', substr(at, 1, 7), substr(at, 1, 7), count(*) FROM change GROUP BY 2
    UNION ALL
    SELECT 'tag', tag, substr(at, 1, 7), count(*) FROM change_tag JOIN change USING (num) GROUP BY 2, 3
    UNION ALL
    SELECT 'metric', name, substr(at, 1, 7), count(DISTINCT num) FROM change_metric JOIN change USING (num) GROUP BY 2, 3
    UNION ALL
    SELECT 'file', path, substr(at, 1, 7), count(*) FROM change_file JOIN change USING (num) GROUP BY 2, 3;

CREATE INDEX change_kind ON change (kind, at);
CREATE INDEX change_environment ON change (environment, at) WHERE environment IS NOT NULL;
CREATE INDEX change_unsettled ON change (status, at) WHERE status <> 'shipped';

-- The row a deleted change had; absent for those deleted before this column was.
ALTER TABLE tombstone ADD COLUMN num INTEGER;

-- Tells this database from another one with as many writes.
INSERT INTO meta (name, value) VALUES ('identity', lower(hex(randomblob(16))));
