-- What the tabs of the queue count and sort by, so that neither reads every ticket.

CREATE INDEX IF NOT EXISTS ticket_waiting ON ticket (status, waiting_since) WHERE waiting_since IS NOT NULL AND hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_snoozed ON ticket (status, snoozed_until) WHERE snoozed_until IS NOT NULL AND hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_unread ON ticket (status, updated DESC, id DESC) WHERE unread > 0 AND hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_project ON ticket (project, status, updated DESC, id DESC) WHERE hidden = 0;

-- Orders of the queue other than by the last change.
CREATE INDEX IF NOT EXISTS ticket_created ON ticket (created DESC, id DESC) WHERE hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_by_number ON ticket (coalesce(number, 0) DESC, id DESC) WHERE hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_by_priority ON ticket ((priority * 100000000000 + updated) DESC, id DESC) WHERE hidden = 0;
CREATE INDEX IF NOT EXISTS ticket_by_wait ON ticket ((-coalesce(waiting_since, 100000000000)) DESC, id DESC) WHERE hidden = 0;
