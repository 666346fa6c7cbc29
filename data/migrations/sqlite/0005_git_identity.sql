-- Who the user of the operating system is to git, where git was told: `Name <address>`.
ALTER TABLE event ADD COLUMN git_identity TEXT;
ALTER TABLE evidence ADD COLUMN git_identity TEXT;
ALTER TABLE runbook_revision ADD COLUMN git_identity TEXT;
