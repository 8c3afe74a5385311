-- A second door to the families' side: the student information system's portal.

-- A way in that began and waits for its end, used at most once: a visit to the sign-in of the student
-- information system. email is NULL where nobody is known yet; state: what the end is checked with, as JSON.
CREATE TABLE door_try (
    token_hash TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    email      TEXT,
    state      TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX door_try_expires ON door_try (expires_at);

-- Launch links that were used, until they would have expired anyway.
CREATE TABLE launch_used (
    token_hash TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX launch_used_expires ON launch_used (expires_at);
