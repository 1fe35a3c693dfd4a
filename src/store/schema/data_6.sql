-- The pause before the next try grows with the tries of the timer alone; those that somebody asked for
-- count as attempts, and leave its times as they are.
ALTER TABLE outbox ADD COLUMN pauses INTEGER NOT NULL DEFAULT 0;
-- When the timer would have tried, had nobody asked for a try before; 0 when nobody has.
ALTER TABLE outbox ADD COLUMN planned INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET pauses = attempts;
