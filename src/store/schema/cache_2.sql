-- Merged tickets: the mail of the one is shown, counted and searched in the other,
-- and stays known as its own, so that the merge can be taken back.

-- The row a ticket is merged into, merges followed to the end; null for one that stands alone.
ALTER TABLE ticket ADD COLUMN home INTEGER;
CREATE INDEX ticket_home ON ticket (home) WHERE home IS NOT NULL;

-- The row a message belongs to by its thread, where that is merged into the one it stands in.
ALTER TABLE message ADD COLUMN origin INTEGER;
CREATE INDEX message_origin ON message (origin) WHERE origin IS NOT NULL;

-- Why an event changed nothing: 1 if somebody else's change stands against it.
ALTER TABLE event_unapplied ADD COLUMN conflict INTEGER NOT NULL DEFAULT 0;

-- Who may do what must happen once, as JSON.
CREATE TABLE claim (
    what  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
