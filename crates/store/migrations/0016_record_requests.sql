-- What families ask of a student's record (FERPA): the request is an entry of the communications log; here stand until when
-- it is answered and what became of it. Steps are append-only. Of requests that an older program entered the day is reckoned.
CREATE TABLE record_request (
    communication_id BIGINT PRIMARY KEY REFERENCES communication (id),
    due_on           TEXT NOT NULL
);

-- number: from 1 in the order in which the steps were taken. due_on: of a hearing that was asked for.
CREATE TABLE record_request_step (
    communication_id BIGINT NOT NULL REFERENCES communication (id),
    number           BIGINT NOT NULL,
    step             TEXT NOT NULL,
    words            TEXT NOT NULL,
    taken_by         TEXT NOT NULL,
    user_id          BIGINT,
    at               BIGINT NOT NULL,
    due_on           TEXT,
    PRIMARY KEY (communication_id, number)
);
CREATE INDEX communication_request ON communication (at) WHERE kind IN ('access_request', 'amendment_request');

INSERT INTO policy_record (rule, author, effective_from, value, source) VALUES
    ('record_access_days', 'law', '1974-11-19', '45',
     'LAW-52: 34 CFR 99.10(b), access in no case more than 45 days after the request was received');
