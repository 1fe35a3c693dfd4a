-- When what is owed is tried again, in seconds since 1970: a folder that has refused a keyword is left alone for a while.
ALTER TABLE mirror ADD COLUMN later INTEGER NOT NULL DEFAULT 0;
-- An event that differs from what was known of its name when it was read stands in the message itself.
CREATE INDEX log_differing ON log_message (event) WHERE kind = 'event' AND text IS NOT NULL;
