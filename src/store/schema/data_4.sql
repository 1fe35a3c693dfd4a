-- Events of this device that other mail programs are to be shown, written along with the event.
-- One is due when the team can see it; the row goes when the server has been told.
CREATE TABLE mirror (
    -- the row of the event
    n     INTEGER PRIMARY KEY,
    -- 1: mail of its ticket is being moved by copies, which may be there already
    begun INTEGER NOT NULL DEFAULT 0,
    -- how often the server has refused
    tries INTEGER NOT NULL DEFAULT 0
) STRICT;
