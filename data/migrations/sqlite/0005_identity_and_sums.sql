-- Who the user of the operating system is to git, where git was told: `Name <address>`.
ALTER TABLE event ADD COLUMN git_identity TEXT;
ALTER TABLE evidence ADD COLUMN git_identity TEXT;
ALTER TABLE runbook_revision ADD COLUMN git_identity TEXT;

-- SQLite keeps no checksums of its pages: `checksum` is the function of that name of the document beside it.
ALTER TABLE change ADD COLUMN checksum INTEGER;
ALTER TABLE revision ADD COLUMN checksum INTEGER;
ALTER TABLE runbook ADD COLUMN checksum INTEGER;
ALTER TABLE runbook_revision ADD COLUMN checksum INTEGER;
UPDATE change SET checksum = checksum(doc);
UPDATE revision SET checksum = checksum(doc);
UPDATE runbook SET checksum = checksum(doc);
UPDATE runbook_revision SET checksum = checksum(doc);
