-- 1: the log speaks of it, and none of its mail was found where we look; listed with what the log says of it
ALTER TABLE ticket ADD COLUMN mail_gone INTEGER NOT NULL DEFAULT 0;
-- Tickets of which it has not been found out whether there is mail.
CREATE INDEX ticket_without_mail ON ticket (id) WHERE opened = 1 AND messages = 0 AND mail_gone = 0 AND home IS NULL;
