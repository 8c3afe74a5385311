-- Surveys: what is asked, who may answer, and what was answered.

-- definition: JSON. owner_school: NULL is the district. secret hides who answered in hashes; it is gone when an
-- anonymous survey closes.
CREATE TABLE survey (
    id           BIGINT PRIMARY KEY,
    state        TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    title        TEXT NOT NULL,
    definition   TEXT NOT NULL,
    owner_school BIGINT,
    version      BIGINT NOT NULL,
    secret       TEXT,
    deadline     BIGINT,
    created_by   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    opened_at    BIGINT,
    closed_at    BIGINT
);
CREATE INDEX survey_deadline ON survey (deadline) WHERE state = 'open';

-- The messages that asked it, reminders too.
CREATE TABLE survey_asking (
    survey_id    BIGINT NOT NULL REFERENCES survey (id),
    broadcast_id BIGINT NOT NULL,
    reminds      BOOLEAN NOT NULL,
    PRIMARY KEY (survey_id, broadcast_id)
);
CREATE UNIQUE INDEX survey_asking_broadcast ON survey_asking (broadcast_id);

-- One for each answer that there can be: a household, a child or a guardian. answered_at: of an anonymous survey the day
-- alone.
CREATE TABLE survey_seat (
    survey_id   BIGINT NOT NULL REFERENCES survey (id),
    seat        BIGINT NOT NULL,
    school_id   BIGINT,
    grade       TEXT NOT NULL,
    language    TEXT NOT NULL,
    answered_at BIGINT,
    PRIMARY KEY (survey_id, seat)
);

-- Who may speak for a seat, and the students whom it is about.
CREATE TABLE survey_speaker (
    survey_id BIGINT NOT NULL REFERENCES survey (id),
    person_id BIGINT NOT NULL,
    seat      BIGINT NOT NULL,
    role      TEXT NOT NULL CHECK (role IN ('speaks', 'about')),
    PRIMARY KEY (survey_id, person_id, seat, role)
);
CREATE INDEX survey_speaker_seat ON survey_speaker (survey_id, seat);
CREATE INDEX survey_speaker_person ON survey_speaker (person_id);

-- seat and person are NULL in an anonymous survey, its times are days and its ids come from dice; hidden and hidden_by
-- are keyed hashes of both. passed: questions that were passed over in a talk.
CREATE TABLE survey_response (
    id         BIGINT PRIMARY KEY,
    survey_id  BIGINT NOT NULL REFERENCES survey (id),
    hidden     TEXT NOT NULL,
    hidden_by  TEXT NOT NULL,
    seat       BIGINT,
    person_id  BIGINT,
    language   TEXT NOT NULL,
    via        TEXT NOT NULL CHECK (via IN ('link', 'portal', 'text', 'call')),
    answers    TEXT NOT NULL,
    passed     TEXT NOT NULL,
    complete   BOOLEAN NOT NULL,
    first_at   BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    UNIQUE (survey_id, hidden)
);
