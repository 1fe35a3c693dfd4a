-- What authors have said of changes of this device that were not applied.
CREATE TABLE settled (
    actor TEXT    NOT NULL,
    seq   INTEGER NOT NULL,
    -- who said it, and when
    agent TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    -- applied, dropped, left
    how   TEXT    NOT NULL,
    PRIMARY KEY (actor, seq)
) STRICT, WITHOUT ROWID;
