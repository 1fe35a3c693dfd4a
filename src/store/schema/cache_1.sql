-- Mail and what is derived from it. Everything here can be rebuilt from the
-- server and from data.db.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    id             INTEGER PRIMARY KEY,
    name           TEXT    NOT NULL UNIQUE,
    role           INTEGER NOT NULL,
    uid_validity   INTEGER NOT NULL,
    uid_next       INTEGER NOT NULL,
    highest_modseq INTEGER NOT NULL,
    -- UIDs that have not been fetched yet, as an IMAP sequence set.
    todo           TEXT    NOT NULL
) STRICT;

-- Row ids reserved for a range of UIDs, so that newer mail has the greater id
-- although it is fetched first.
CREATE TABLE folder_block (
    folder INTEGER NOT NULL,
    low    INTEGER NOT NULL,
    high   INTEGER NOT NULL,
    base   INTEGER NOT NULL,
    PRIMARY KEY (folder, low)
) STRICT, WITHOUT ROWID;

CREATE TABLE message (
    id           INTEGER PRIMARY KEY,
    ticket       INTEGER NOT NULL,
    mid          TEXT    NOT NULL,
    mid_hash     INTEGER NOT NULL,
    header_hash  BLOB    NOT NULL,
    body_hash    BLOB,
    -- 0 header only, 1 in part, 2 whole
    extent       INTEGER NOT NULL,
    -- INTERNALDATE, seconds since 1970
    at           INTEGER NOT NULL,
    size         INTEGER NOT NULL,
    -- 0 in, 1 out
    direction    INTEGER NOT NULL,
    class        INTEGER NOT NULL,
    flags        INTEGER NOT NULL,
    -- how many folders hold it; 0: gone from the server, or not there yet
    copies       INTEGER NOT NULL,
    -- whether all copies lie in the junk folder
    junk         INTEGER NOT NULL,
    from_name    TEXT    NOT NULL,
    from_address TEXT    NOT NULL,
    -- JSON arrays of {name, address}
    sent_to      TEXT    NOT NULL,
    cc           TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    preview      TEXT    NOT NULL,
    attachments  INTEGER NOT NULL,
    placed_by    TEXT    NOT NULL,
    project      TEXT    NOT NULL,
    routed_to    TEXT    NOT NULL,
    routed_by    TEXT    NOT NULL
) STRICT;
CREATE INDEX message_ticket ON message (ticket, at);
CREATE INDEX message_mid ON message (mid_hash);
-- From thousands of matches of the full text to their tickets, without reading the wide rows.
CREATE INDEX message_place ON message (id, ticket);

CREATE TABLE location (
    folder  INTEGER NOT NULL,
    uid     INTEGER NOT NULL,
    message INTEGER NOT NULL,
    flags   INTEGER NOT NULL,
    PRIMARY KEY (folder, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX location_message ON location (message);

-- The bytes as they came, compressed with zstd.
CREATE TABLE raw (
    message INTEGER PRIMARY KEY,
    bytes   BLOB NOT NULL
) STRICT;

-- Messages of which a person wants the whole.
CREATE TABLE wanted (
    message INTEGER PRIMARY KEY
) STRICT;

-- What was computed when a message was first shown, as JSON.
CREATE TABLE reading (
    message INTEGER PRIMARY KEY,
    value   TEXT NOT NULL
) STRICT;

-- The thread graph: the hash of every Message-ID heard of, and its ticket.
CREATE TABLE node (
    id     INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL
) STRICT;
CREATE INDEX node_ticket ON node (ticket);

CREATE TABLE ticket (
    id                INTEGER PRIMARY KEY,
    key               TEXT    NOT NULL,
    number            INTEGER,
    -- 1: an `open` event speaks of it
    opened            INTEGER NOT NULL,
    project           TEXT    NOT NULL,
    status            INTEGER NOT NULL,
    priority          INTEGER NOT NULL,
    assignee          TEXT,
    subject           TEXT    NOT NULL,
    requester_name    TEXT    NOT NULL,
    requester_address TEXT    NOT NULL,
    participants      TEXT    NOT NULL,
    tags              TEXT    NOT NULL,
    messages          INTEGER NOT NULL,
    unread            INTEGER NOT NULL,
    created           INTEGER NOT NULL,
    updated           INTEGER NOT NULL,
    -- the newest event on it
    touched           INTEGER NOT NULL,
    waiting_since     INTEGER,
    snoozed_until     INTEGER,
    badges            INTEGER NOT NULL,
    -- 1: only bounces, automatic and list mail
    quiet             INTEGER NOT NULL,
    -- 1: not shown in any list (no mail here, or merged into another)
    hidden            INTEGER NOT NULL
) STRICT;

-- The fold's state of opened tickets, as JSON; apart, so that lists read short rows.
CREATE TABLE ticket_state (
    ticket INTEGER PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX ticket_key ON ticket (key);
CREATE UNIQUE INDEX ticket_number ON ticket (number) WHERE number IS NOT NULL;
CREATE INDEX ticket_updated ON ticket (updated DESC, id DESC) WHERE hidden = 0 AND status <> 4;
CREATE INDEX ticket_status ON ticket (status, updated DESC, id DESC) WHERE hidden = 0;
CREATE INDEX ticket_assignee ON ticket (assignee, status, updated DESC, id DESC) WHERE hidden = 0;
CREATE INDEX ticket_unopened ON ticket (created) WHERE opened = 0;

-- Keys that lead to a ticket: its own and those unified with it.
CREATE TABLE ticket_alias (
    key    TEXT PRIMARY KEY,
    ticket INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Which ticket the log gives a Message-ID to.
CREATE TABLE log_id (
    id     INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL
) STRICT;

-- Events that changed nothing, and why.
CREATE TABLE event_unapplied (
    n   INTEGER PRIMARY KEY,
    why TEXT NOT NULL
) STRICT;

-- Tickets whose mail has changed since openings and reopenings were last decided.
CREATE TABLE unsettled (
    ticket INTEGER PRIMARY KEY
) STRICT;

-- A mail that names a ticket by number, and one that joins two opened tickets.
CREATE TABLE number_claim (
    message INTEGER PRIMARY KEY,
    number  INTEGER NOT NULL,
    reason  TEXT    NOT NULL
) STRICT;
CREATE TABLE late_join (
    a   INTEGER NOT NULL,
    b   INTEGER NOT NULL,
    mid TEXT    NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE fts USING fts5 (
    subject, sender, recipients, body,
    content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2',
    -- A word that is only begun fits thousands of words; these are the matches of its first letters.
    prefix = '1 2 3'
);
-- Merge later than by default: a first sync writes a segment for each batch.
INSERT INTO fts (fts, rank) VALUES ('automerge', 8);
