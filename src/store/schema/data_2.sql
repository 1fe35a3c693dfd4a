-- From a device's newest change backwards, for undo and redo.
CREATE INDEX event_undoable ON event (actor, n) WHERE inverse IS NOT NULL;
