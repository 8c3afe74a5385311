-- Two-way texts: staff first, on the record. Texts and their thread are append-only; each text carries the hash of the
-- one before it in its thread, and the thread the hash that it ends with.

-- Whether a school takes part (B17); no row: it does not.
CREATE TABLE texting_school (
    school_id  BIGINT PRIMARY KEY REFERENCES school (id),
    takes_part BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Numbers that staff text from. user_id: whose own it is; NULL: of the pool that all share.
CREATE TABLE texting_number (
    number   TEXT PRIMARY KEY,
    user_id  BIGINT,
    active   BOOLEAN NOT NULL,
    added_at BIGINT NOT NULL
);

-- The SMS contact number of a student, or of a guardian on the student's record. A removed one stays for the record.
CREATE TABLE sms_contact (
    id          BIGINT PRIMARY KEY,
    student_id  BIGINT NOT NULL REFERENCES person (id),
    person_id   BIGINT NOT NULL REFERENCES person (id),
    number      TEXT NOT NULL,
    opted_in_by TEXT NOT NULL CHECK (opted_in_by IN ('student', 'guardian')),
    recorded_by TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    removed_at  BIGINT,
    note_id     BIGINT
);
CREATE UNIQUE INDEX sms_contact_once ON sms_contact (student_id, person_id) WHERE removed_at IS NULL;
CREATE INDEX sms_contact_number ON sms_contact (number) WHERE removed_at IS NULL;

-- One pair of numbers is one thread for as long as it is open.
CREATE TABLE conversation (
    id             BIGINT PRIMARY KEY,
    student_id     BIGINT NOT NULL REFERENCES person (id),
    person_id      BIGINT NOT NULL REFERENCES person (id),
    school_id      BIGINT NOT NULL REFERENCES school (id),
    user_id        BIGINT NOT NULL,
    our_number     TEXT NOT NULL,
    their_number   TEXT NOT NULL,
    started_at     BIGINT NOT NULL,
    closed_at      BIGINT,
    last_at        BIGINT NOT NULL,
    last_direction TEXT NOT NULL,
    unread         BIGINT NOT NULL,
    texts          BIGINT NOT NULL,
    needs_human    BOOLEAN NOT NULL,
    head_hash      TEXT NOT NULL
);
CREATE UNIQUE INDEX conversation_pair ON conversation (our_number, their_number) WHERE closed_at IS NULL;
CREATE INDEX conversation_user ON conversation (user_id, last_at);
CREATE INDEX conversation_student ON conversation (student_id, last_at);
CREATE INDEX conversation_school ON conversation (school_id, last_at);
CREATE INDEX conversation_unread ON conversation (user_id, last_at) WHERE unread > 0;

CREATE TABLE conversation_text (
    id              BIGINT PRIMARY KEY,
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    direction       TEXT NOT NULL CHECK (direction IN ('out', 'in')),
    author          TEXT NOT NULL,
    body            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    detail          TEXT NOT NULL,
    previous_hash   TEXT NOT NULL,
    hash            TEXT NOT NULL
);
CREATE INDEX conversation_text_thread ON conversation_text (conversation_id, id);

-- Texts that came in and are no part of a thread. settled_at: somebody of the staff saw to it.
CREATE TABLE held_text (
    inbound_id   BIGINT PRIMARY KEY,
    from_number  TEXT NOT NULL,
    to_number    TEXT NOT NULL,
    reason       TEXT NOT NULL,
    answered     BOOLEAN NOT NULL,
    student_id   BIGINT,
    school_id    BIGINT,
    held_at      BIGINT NOT NULL,
    escalated_by TEXT,
    escalated_at BIGINT,
    settled_by   TEXT,
    settled_at   BIGINT
);
CREATE INDEX held_text_open ON held_text (held_at) WHERE settled_at IS NULL;
CREATE INDEX held_text_pair ON held_text (from_number, to_number);

-- From which of our numbers the deliveries of an origin leave, where that is not the carrier account's own.
CREATE TABLE origin_sender (
    origin_id BIGINT PRIMARY KEY,
    number    TEXT NOT NULL
);

-- The communications log beside the texts: calls, mails, meetings, notes.
CREATE TABLE communication (
    id          BIGINT PRIMARY KEY,
    student_id  BIGINT NOT NULL REFERENCES person (id),
    person_id   BIGINT,
    kind        TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    identity    TEXT NOT NULL,
    note        TEXT NOT NULL,
    staff       TEXT NOT NULL,
    user_id     BIGINT,
    at          BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX communication_student ON communication (student_id, at);

CREATE TABLE sticky_note (
    id         BIGINT PRIMARY KEY,
    student_id BIGINT NOT NULL REFERENCES person (id),
    body       TEXT NOT NULL,
    requester  TEXT,
    staff      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX sticky_note_student ON sticky_note (student_id, id);

-- What a member of the staff chose: how their name stands in texts, which columns they see.
CREATE TABLE texting_profile (
    user_id    BIGINT PRIMARY KEY,
    shown_name TEXT NOT NULL,
    columns    TEXT NOT NULL
);

-- Who read whose thread when.
CREATE TABLE conversation_look (
    id              BIGINT PRIMARY KEY,
    conversation_id BIGINT NOT NULL,
    reader          TEXT NOT NULL,
    at              BIGINT NOT NULL
);
CREATE INDEX conversation_look_thread ON conversation_look (conversation_id, id);

INSERT INTO policy_record (rule, author, effective_from, value, source) VALUES
    ('texting_parent_opts_in_below', 'law', '2026-04-22', '13',
     'LAW-54: COPPA rule of 2025 (90 FR 16918), compliance date; a parent opts in for a student under 13'),
    ('texting_own_rights_from', 'law', '1974-11-19', '18',
     'LAW-52: 34 CFR 99.5, the rights of FERPA are the student''s own at 18');
