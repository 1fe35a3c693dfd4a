-- Changes of this device that lost against a colleague's while it was away, and of which their
-- author has not said yet what is to become of them. In the log their places are filled.
CREATE TABLE undecided (
    -- the row of the event that fills the place
    n       INTEGER PRIMARY KEY,
    actor   TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    -- the event as it was written
    body    TEXT    NOT NULL,
    -- why it was not applied, and the event that came first
    why     TEXT    NOT NULL,
    winner  TEXT,
    UNIQUE (actor, seq)
) STRICT;
