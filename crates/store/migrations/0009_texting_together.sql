-- Ready-made texts that people and schools keep, one text to many students, office hours, cover while somebody is away,
-- supervision by sample, and copies for guardians.

-- user_id: whose own it is. Without one it is shared: by a school, or with school_id 0 by the whole district.
CREATE TABLE text_template (
    id         BIGINT PRIMARY KEY,
    user_id    BIGINT,
    school_id  BIGINT NOT NULL,
    purpose    TEXT NOT NULL CHECK (purpose IN ('start_of_course', 'engagement_and_pacing', 'additional_times')),
    body       TEXT NOT NULL,
    when_good  TEXT NOT NULL,
    kept_by    TEXT NOT NULL,
    kept_at    BIGINT NOT NULL,
    retired_at BIGINT
);
CREATE INDEX text_template_standing ON text_template (user_id, school_id) WHERE retired_at IS NULL;

-- One text to many students goes to each of them once, also when the form is sent twice or the program ends between two.
CREATE TABLE text_batch (
    batch      TEXT NOT NULL,
    student_id BIGINT NOT NULL,
    text_id    BIGINT NOT NULL,
    PRIMARY KEY (batch, student_id)
);

-- Of one member of the staff, of a school, or of the district (place_id 0): the nearest holds. hours: JSON.
CREATE TABLE office_hours (
    place      TEXT NOT NULL CHECK (place IN ('user', 'school', 'district')),
    place_id   BIGINT NOT NULL,
    hours      TEXT NOT NULL,
    words      TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (place, place_id)
);

-- The one automatic answer of a thread in a closed period, which is told by the instant at which it began.
CREATE TABLE office_answer (
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    closed_since    BIGINT NOT NULL,
    text_id         BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, closed_since)
);

-- Somebody reads and answers the threads of another who is away; both days are included.
CREATE TABLE leave_cover (
    id            BIGINT PRIMARY KEY,
    user_id       BIGINT NOT NULL REFERENCES user_account (id),
    substitute_id BIGINT NOT NULL REFERENCES user_account (id),
    first_day     TEXT NOT NULL,
    last_day      TEXT NOT NULL,
    made_by       TEXT NOT NULL,
    made_at       BIGINT NOT NULL,
    ended_at      BIGINT
);
CREATE INDEX leave_cover_substitute ON leave_cover (substitute_id) WHERE ended_at IS NULL;
CREATE INDEX leave_cover_user ON leave_cover (user_id) WHERE ended_at IS NULL;

-- month: 2027-01, in the school's zone. seed: by which the draw can be repeated. texts: of the month, when it was seen.
CREATE TABLE thread_sample (
    id              BIGINT PRIMARY KEY,
    school_id       BIGINT NOT NULL,
    month           TEXT NOT NULL,
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    seed            TEXT NOT NULL,
    drawn_by        TEXT NOT NULL,
    drawn_at        BIGINT NOT NULL,
    seen_by         TEXT,
    seen_at         BIGINT,
    finding         TEXT,
    note            TEXT,
    texts           BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX thread_sample_once ON thread_sample (school_id, month, conversation_id);
CREATE INDEX thread_sample_open ON thread_sample (school_id, drawn_at) WHERE seen_at IS NULL;
CREATE INDEX conversation_text_at ON conversation_text (at);
CREATE INDEX conversation_look_at ON conversation_look (at);

-- The text in a guardian's thread that is the copy of one to the student.
CREATE TABLE text_copy (
    copy_id BIGINT PRIMARY KEY,
    text_id BIGINT NOT NULL
);
CREATE INDEX text_copy_of ON text_copy (text_id);
