-- The event that came first, as ACTOR.SEQ.
ALTER TABLE event_unapplied ADD COLUMN winner TEXT;
