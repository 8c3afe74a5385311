-- The family's side: signing in by the e-mail on record, choices beside the roster's record, what families ask of the
-- registrar, and the phones and tablets that push messages go to.

-- One try to sign in. The browser holds the challenge, the mail holds the code: both are needed. code_hash is NULL
-- where the address is on no record, or until the code was made.
CREATE TABLE family_code (
    challenge_hash TEXT PRIMARY KEY,
    email          TEXT NOT NULL,
    code_hash      TEXT,
    tries          BIGINT NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    used_at        BIGINT
);
CREATE INDEX family_code_email ON family_code (email, created_at);

CREATE TABLE family_link (
    token_hash TEXT PRIMARY KEY,
    email      TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE family_account (
    email           TEXT PRIMARY KEY,
    language        TEXT,
    created_at      BIGINT NOT NULL,
    last_sign_in_at BIGINT NOT NULL
);

CREATE TABLE family_session (
    token_hash TEXT PRIMARY KEY,
    email      TEXT NOT NULL,
    csrf_token TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX family_session_email ON family_session (email);

-- Every save of the preferences with what stood before it, as JSON: what was chosen, when, and how to undo it.
CREATE TABLE family_change (
    id        BIGINT PRIMARY KEY,
    email     TEXT NOT NULL,
    at        BIGINT NOT NULL,
    before    TEXT NOT NULL,
    undone_at BIGINT
);
CREATE INDEX family_change_email ON family_change (email, id);

-- What somebody chose beside the roster's record; an import never touches it. Times are HH:MM in the school's zone.
CREATE TABLE person_choice (
    person_id      BIGINT PRIMARY KEY REFERENCES person (id),
    language       TEXT,
    general_opens  TEXT,
    general_closes TEXT,
    changed_at     BIGINT NOT NULL
);

-- The answers to "is this still right?", one a year, person and school (A10).
CREATE TABLE contact_review (
    person_id   BIGINT NOT NULL REFERENCES person (id),
    school_id   BIGINT NOT NULL REFERENCES school (id),
    reviewed_at BIGINT NOT NULL,
    answer      TEXT NOT NULL CHECK (answer IN ('right', 'changed')),
    PRIMARY KEY (person_id, school_id, reviewed_at)
);

-- What a family asks of a school's registrar. kind: `contact_change`, `floor_empty`. detail: JSON.
CREATE TABLE contact_task (
    id         BIGINT PRIMARY KEY,
    kind       TEXT NOT NULL,
    school_id  BIGINT NOT NULL REFERENCES school (id),
    person_id  BIGINT NOT NULL REFERENCES person (id),
    detail     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    settled_at BIGINT,
    settled_by TEXT
);
CREATE INDEX contact_task_open ON contact_task (school_id, id) WHERE settled_at IS NULL;
CREATE INDEX contact_task_person ON contact_task (person_id, id);

CREATE TABLE push_subscription (
    id         BIGINT PRIMARY KEY,
    email      TEXT NOT NULL,
    endpoint   TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    auth       TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);
CREATE INDEX push_subscription_email ON push_subscription (email);
