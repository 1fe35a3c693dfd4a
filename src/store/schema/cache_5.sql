-- What the log alone says of a ticket that events which have not been read back have changed here,
-- as JSON; empty: the log does not speak of it yet. What is not here stands in ticket_state.
CREATE TABLE decided (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
