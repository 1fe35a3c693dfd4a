-- What exists nowhere else: this device's identity, the events, drafts and the outbox.

CREATE TABLE actor (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    id       TEXT    NOT NULL,
    next_seq INTEGER NOT NULL,
    lamport  INTEGER NOT NULL
) STRICT;

CREATE TABLE event (
    -- the local order, in which events are applied here
    n       INTEGER PRIMARY KEY,
    actor   TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    -- before the body, which may be long, so that it is read without it
    agent   TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    -- what takes it back, as JSON; null for what cannot be taken back
    inverse TEXT,
    -- events of one gesture are taken back together
    gesture INTEGER NOT NULL,
    -- the event that took it back
    undone  INTEGER,
    UNIQUE (actor, seq)
) STRICT;

CREATE TABLE event_ticket (
    ticket TEXT    NOT NULL,
    n      INTEGER NOT NULL,
    PRIMARY KEY (ticket, n)
) STRICT, WITHOUT ROWID;

-- An id is never used twice, so that a stale one cannot hit another text.
CREATE TABLE draft (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket    TEXT,
    body      TEXT    NOT NULL,
    saved     INTEGER NOT NULL,
    discarded INTEGER
) STRICT;

CREATE TABLE draft_file (
    draft    INTEGER NOT NULL,
    position INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (draft, position)
) STRICT;

CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    ticket    TEXT,
    state     TEXT    NOT NULL,
    draft     TEXT    NOT NULL,
    -- set once, when the mail is rendered; never rendered again
    mid       TEXT,
    bytes     BLOB,
    recipients TEXT   NOT NULL,
    subject   TEXT    NOT NULL,
    since     INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    next_try  INTEGER NOT NULL,
    error     TEXT,
    -- 1: send even if the ticket has moved
    anyway    INTEGER NOT NULL,
    -- 0: no copy lies in Sent yet, 2: we have begun to put one there, 1: one lies there
    filed     INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_state ON outbox (state);

CREATE TABLE outbox_file (
    outbox   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    bytes    BLOB    NOT NULL,
    PRIMARY KEY (outbox, position)
) STRICT;

-- Flags set here that the server has not been told yet.
CREATE TABLE flag_change (
    mid   TEXT PRIMARY KEY,
    flags INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Questions to whoever holds the network role, answered in the same row.
CREATE TABLE network_request (
    id     INTEGER PRIMARY KEY,
    kind   TEXT    NOT NULL,
    asked  INTEGER NOT NULL,
    answer TEXT
) STRICT;
