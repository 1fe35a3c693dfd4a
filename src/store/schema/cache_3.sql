-- What stands between mails: who really wrote, numbers and threads that were left to an agent.

-- The hash of the Message-ID it answers directly; 0: none
ALTER TABLE message ADD COLUMN parent INTEGER NOT NULL DEFAULT 0;
-- 0: from outside, 1: bears our address, 2: is ours for certain
ALTER TABLE message ADD COLUMN ours INTEGER NOT NULL DEFAULT 0;
UPDATE message SET ours = 2 * direction;
-- What our server says of the sender: 0 nothing, 1 pass, 2 fail
ALTER TABLE message ADD COLUMN auth INTEGER NOT NULL DEFAULT 0;
-- Hashes of the base subject (of messages that named no other) and of Outlook's conversation; 0: none
ALTER TABLE message ADD COLUMN subject_hash INTEGER NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN conversation INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_subject ON message (subject_hash, at) WHERE subject_hash <> 0;
CREATE INDEX message_conversation ON message (conversation) WHERE conversation <> 0;

-- Why the log put the id there; empty: by opening the ticket
ALTER TABLE log_id ADD COLUMN reason TEXT NOT NULL DEFAULT '';

-- The numbers a mail that names no other claims, in the order in which they count.
DROP TABLE number_claim;
CREATE TABLE number_claim (
    message  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    PRIMARY KEY (message, position)
) STRICT, WITHOUT ROWID;

-- Opened tickets a mail names besides the one it stands in; late: it came after its
-- answers, and whether it joins them has not been decided.
DROP TABLE late_join;
CREATE TABLE crossing (
    message INTEGER NOT NULL,
    ticket  INTEGER NOT NULL,
    late    INTEGER NOT NULL,
    PRIMARY KEY (message, ticket)
) STRICT, WITHOUT ROWID;
CREATE INDEX crossing_ticket ON crossing (ticket);

-- When an address from outside was first heard of.
CREATE TABLE correspondent (
    hash  INTEGER PRIMARY KEY,
    first INTEGER NOT NULL
) STRICT;

-- The keys that lead to one ticket.
CREATE INDEX ticket_alias_ticket ON ticket_alias (ticket);
