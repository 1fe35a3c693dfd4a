-- The folder a message has left last, until it is back there: what was done to it on the server.
CREATE TABLE departure (
    message INTEGER PRIMARY KEY,
    folder  INTEGER NOT NULL
) STRICT;
