-- The team log as far as it has been read: whose it is, what stands where, and everybody's events.

CREATE TABLE log (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    team     TEXT    NOT NULL,
    epoch    TEXT    NOT NULL,
    -- the key later events have to be signed with, in hex
    key      TEXT    NOT NULL,
    -- the UIDVALIDITY under which it has been read; 0: not yet
    validity INTEGER NOT NULL,
    -- where the greatest key change stands that was read
    rekeyed  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE log_message (
    -- the order in which messages were read, in which the cache follows
    n        INTEGER PRIMARY KEY,
    validity INTEGER NOT NULL,
    uid      INTEGER NOT NULL,
    -- INTERNALDATE
    received INTEGER NOT NULL,
    -- event, genesis, snapshot, reepoch, ignored
    kind     TEXT    NOT NULL,
    -- the row of the event it holds
    event    INTEGER,
    -- of a part of a snapshot: the part; of what is ignored: why
    text     TEXT,
    UNIQUE (validity, uid)
) STRICT;

-- 0: queued, 1: perhaps in the log, 2: read back from it; events of others are always 2
ALTER TABLE event ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
-- its UID; null while it has not been read back
ALTER TABLE event ADD COLUMN place INTEGER;
-- as it stands in the log, where that says more than this version understands
ALTER TABLE event ADD COLUMN raw TEXT;
-- 1: its author has been told that it was not applied
ALTER TABLE event ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX event_waiting ON event (n) WHERE state < 2;
