-- For which tickets a mail waits is asked with every list: from this index alone.
DROP INDEX outbox_state;
CREATE INDEX outbox_state ON outbox (state, ticket);
-- Of a mail that lies in Sent the bytes are there.
UPDATE outbox SET bytes = NULL WHERE state = 'sent' AND filed = 1;
