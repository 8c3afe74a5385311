-- The school day: absences, runs that tell them, what families answer, and what waits for a second look.

-- rule and calendar: JSON; NULL is the rule of the school's level. Runs up to ran_until are done. file_at: when a file
-- last changed marks of the school.
CREATE TABLE attendance_school (
    school_id  BIGINT PRIMARY KEY REFERENCES school (id),
    rule       TEXT,
    calendar   TEXT,
    ran_until  BIGINT NOT NULL,
    file_at    BIGINT,
    changed_at BIGINT NOT NULL
);

-- What files say, one row for each student, day and period ('' is the whole day); days are ISO dates. told_run: the run
-- that told it; a correction takes that back.
CREATE TABLE attendance_mark (
    student_id BIGINT NOT NULL REFERENCES person (id),
    day        TEXT NOT NULL,
    period     TEXT NOT NULL,
    school_id  BIGINT NOT NULL REFERENCES school (id),
    code       TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('present', 'excused', 'unexcused', 'tardy')),
    told_run   BIGINT,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (student_id, day, period)
);
CREATE INDEX attendance_mark_school ON attendance_mark (school_id, day);

CREATE TABLE attendance_import (
    id       BIGINT PRIMARY KEY,
    source   TEXT NOT NULL,
    digest   TEXT NOT NULL,
    state    TEXT NOT NULL CHECK (state IN ('applied', 'unchanged', 'failed')),
    seen     BIGINT NOT NULL,
    changed  BIGINT NOT NULL,
    errors   BIGINT NOT NULL,
    warnings BIGINT NOT NULL,
    issues   TEXT NOT NULL,
    failure  TEXT,
    actor    TEXT NOT NULL,
    at       BIGINT NOT NULL
);

-- kind: 'absences', or 'reminder' to families who have not answered.
CREATE TABLE attendance_run (
    id           BIGINT PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('absences', 'reminder')),
    state        TEXT NOT NULL CHECK (state IN ('sent', 'held', 'discarded')),
    at           BIGINT NOT NULL,
    broadcast_id BIGINT
);
CREATE UNIQUE INDEX attendance_run_broadcast ON attendance_run (broadcast_id) WHERE broadcast_id IS NOT NULL;

-- How many each run found at each school: the history that later runs are judged by.
CREATE TABLE attendance_run_school (
    run_id    BIGINT NOT NULL REFERENCES attendance_run (id),
    school_id BIGINT NOT NULL REFERENCES school (id),
    day       TEXT NOT NULL,
    slot      TEXT NOT NULL,
    students  BIGINT NOT NULL,
    enrolled  BIGINT NOT NULL,
    PRIMARY KEY (run_id, school_id)
);
CREATE INDEX attendance_run_school_history ON attendance_run_school (school_id, day);

-- What a run told. taken_back: a correction came since.
CREATE TABLE attendance_run_line (
    run_id     BIGINT NOT NULL REFERENCES attendance_run (id),
    student_id BIGINT NOT NULL REFERENCES person (id),
    day        TEXT NOT NULL,
    period     TEXT NOT NULL,
    school_id  BIGINT NOT NULL REFERENCES school (id),
    taken_back BOOLEAN NOT NULL,
    PRIMARY KEY (run_id, student_id, day, period)
);
CREATE INDEX attendance_run_line_student ON attendance_run_line (student_id, day);

-- What a family said, or the office for it. The latest that covers a day counts.
CREATE TABLE absence_answer (
    id         BIGINT PRIMARY KEY,
    student_id BIGINT NOT NULL REFERENCES person (id),
    first_day  TEXT NOT NULL,
    last_day   TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('explained', 'needs_human')),
    reason     TEXT NOT NULL,
    note       TEXT NOT NULL,
    source     TEXT NOT NULL CHECK (source IN ('text', 'call', 'link', 'portal', 'office')),
    person_id  BIGINT,
    said_by    TEXT NOT NULL,
    at         BIGINT NOT NULL
);
CREATE INDEX absence_answer_student ON absence_answer (student_id, first_day);

-- Absences that nobody explained in time, by the escalation that they reached.
CREATE TABLE absence_escalation (
    student_id BIGINT NOT NULL REFERENCES person (id),
    day        TEXT NOT NULL,
    step       TEXT NOT NULL CHECK (step IN ('reminded', 'second', 'office')),
    at         BIGINT NOT NULL,
    PRIMARY KEY (student_id, day, step)
);

-- What waits for a second look. kind: 'attendance' (subject: a run), 'broadcast' (subject: a message in a version).
-- state 'after': it went at once and is looked at afterwards.
CREATE TABLE brake_hold (
    id         BIGINT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('attendance', 'broadcast')),
    subject    BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    digest     TEXT,
    school_id  BIGINT,
    category   TEXT NOT NULL,
    reasons    TEXT NOT NULL,
    asked_by   BIGINT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waits', 'after', 'released', 'given_up')),
    made_at    BIGINT NOT NULL,
    decided_by BIGINT,
    decided_at BIGINT,
    note       TEXT
);
CREATE INDEX brake_hold_open ON brake_hold (made_at) WHERE state IN ('waits', 'after');
CREATE INDEX brake_hold_subject ON brake_hold (subject);
