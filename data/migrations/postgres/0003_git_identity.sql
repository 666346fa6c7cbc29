-- Who the user of the operating system is to git, where git was told: `Name <address>`.
ALTER TABLE event ADD COLUMN git_identity text COLLATE "C";
ALTER TABLE evidence ADD COLUMN git_identity text COLLATE "C";
ALTER TABLE runbook_revision ADD COLUMN git_identity text COLLATE "C";
