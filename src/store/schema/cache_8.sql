-- What decides between tickets that an order holds for equal, for every client alike: the number, and behind
-- all numbers the key of a ticket that has none yet.
ALTER TABLE ticket ADD COLUMN tie ANY GENERATED ALWAYS AS (coalesce(number, key)) VIRTUAL;

-- Most tickets wait for nobody, and are equal in this order. In the others few are: those are sorted when they are read,
-- so that a number does not have to be written into every index.
DROP INDEX ticket_by_wait;
CREATE INDEX ticket_by_wait ON ticket ((-coalesce(waiting_since, 100000000000)) DESC, tie DESC) WHERE hidden = 0;
