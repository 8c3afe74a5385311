-- The families' app: which browser a subscription belongs to, and what was opened on it.

-- The session that made it; signing out of it takes the subscription away.
ALTER TABLE push_subscription ADD COLUMN session_hash TEXT;

-- Somebody opened the notification of a delivery.
CREATE TABLE push_opened (
    delivery_id BIGINT PRIMARY KEY,
    opened_at   BIGINT NOT NULL
);
