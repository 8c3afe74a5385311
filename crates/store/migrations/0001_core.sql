-- The core tables. Portable: one text for SQLite and PostgreSQL. Instants are UTC milliseconds, JSON is TEXT,
-- codes are those of schoolbell-domain. Never edited once released: a change is a new file.

CREATE TABLE district (
    id             BIGINT PRIMARY KEY CHECK (id = 1),
    name           TEXT NOT NULL,
    time_zone      TEXT NOT NULL,
    settings       TEXT NOT NULL,
    instance_epoch BIGINT NOT NULL,
    created_at     BIGINT NOT NULL
);

-- Roster -------------------------------------------------------------------------------------------------------

CREATE TABLE school (
    id         BIGINT PRIMARY KEY,
    source_id  TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    level      TEXT NOT NULL,
    phone      TEXT,
    time_zone  TEXT,
    active     BOOLEAN NOT NULL
);

-- household joins all who share a guardian or an address, so that a page of the plan never parts them.
CREATE TABLE person (
    id          BIGINT PRIMARY KEY,
    kind        BIGINT NOT NULL,
    source_id   TEXT NOT NULL,
    given       TEXT NOT NULL,
    family      TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    language    TEXT NOT NULL,
    title       TEXT,
    household   BIGINT NOT NULL,
    active      BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX person_source ON person (kind, source_id);
CREATE INDEX person_household ON person (household);
CREATE INDEX person_name ON person (folded_name);

CREATE TABLE student (
    person_id  BIGINT PRIMARY KEY REFERENCES person (id),
    school_id  BIGINT NOT NULL REFERENCES school (id),
    number     TEXT NOT NULL,
    grade      TEXT NOT NULL,
    bus_am     TEXT,
    bus_pm     TEXT,
    birth_date TEXT,
    zip        TEXT
);
CREATE INDEX student_school ON student (school_id, grade);
CREATE INDEX student_number ON student (number);

CREATE TABLE staff_school (
    person_id BIGINT NOT NULL REFERENCES person (id),
    school_id BIGINT NOT NULL REFERENCES school (id),
    active    BOOLEAN NOT NULL,
    PRIMARY KEY (person_id, school_id)
);
CREATE INDEX staff_school_school ON staff_school (school_id);

CREATE TABLE relationship (
    guardian_id        BIGINT NOT NULL REFERENCES person (id),
    student_id         BIGINT NOT NULL REFERENCES person (id),
    role               BIGINT NOT NULL,
    relation           TEXT NOT NULL,
    lives_with         BOOLEAN NOT NULL,
    custody_restricted BOOLEAN NOT NULL,
    custody_document   TEXT,
    active             BOOLEAN NOT NULL,
    PRIMARY KEY (guardian_id, student_id)
);
CREATE INDEX relationship_student ON relationship (student_id);

-- A changed address is a new row and the old one rests inactive: a family's choices come back with it (A47, A51).
CREATE TABLE contact_point (
    id         BIGINT PRIMARY KEY,
    person_id  BIGINT NOT NULL REFERENCES person (id),
    school_id  BIGINT NOT NULL REFERENCES school (id),
    slot       BIGINT NOT NULL,
    address    TEXT NOT NULL,
    extension  TEXT,
    active     BOOLEAN NOT NULL,
    first_seen BIGINT NOT NULL
);
CREATE UNIQUE INDEX contact_point_place ON contact_point (person_id, school_id, slot, address);
CREATE INDEX contact_point_address ON contact_point (address);

CREATE TABLE section (
    id        BIGINT PRIMARY KEY,
    source_id TEXT NOT NULL UNIQUE,
    school_id BIGINT NOT NULL REFERENCES school (id),
    title     TEXT NOT NULL,
    code      TEXT NOT NULL,
    homeroom  BOOLEAN NOT NULL,
    period    TEXT,
    active    BOOLEAN NOT NULL
);
CREATE INDEX section_school ON section (school_id);

CREATE TABLE enrollment (
    section_id BIGINT NOT NULL REFERENCES section (id),
    person_id  BIGINT NOT NULL REFERENCES person (id),
    role       TEXT NOT NULL CHECK (role IN ('student', 'teacher')),
    active     BOOLEAN NOT NULL,
    PRIMARY KEY (section_id, person_id, role)
);
CREATE INDEX enrollment_person ON enrollment (person_id);

CREATE TABLE roster_import (
    id             BIGINT PRIMARY KEY,
    state          TEXT NOT NULL CHECK (state IN ('reading', 'held', 'applied', 'unchanged', 'failed', 'discarded', 'rolled_back')),
    format         TEXT NOT NULL,
    source         TEXT NOT NULL,
    digest         TEXT NOT NULL,
    summary        TEXT NOT NULL,
    actor          TEXT NOT NULL,
    reason         TEXT,
    started_at     BIGINT NOT NULL,
    finished_at    BIGINT,
    rolled_back_at BIGINT
);

CREATE TABLE roster_issue (
    import_id BIGINT NOT NULL REFERENCES roster_import (id),
    seq       BIGINT NOT NULL,
    severity  TEXT NOT NULL CHECK (severity IN ('error', 'warning')),
    kind      TEXT NOT NULL,
    file      TEXT NOT NULL,
    line      BIGINT NOT NULL,
    field     TEXT NOT NULL,
    value     TEXT NOT NULL,
    message   TEXT NOT NULL,
    PRIMARY KEY (import_id, seq)
);

-- What stood before an import, row by row, so that it can be rolled back. before is NULL for new rows: row_key then
-- holds the keys of many of them, parted by blanks.
CREATE TABLE roster_change (
    import_id BIGINT NOT NULL REFERENCES roster_import (id),
    seq       BIGINT NOT NULL,
    entity    TEXT NOT NULL,
    row_key   TEXT NOT NULL,
    before    TEXT,
    PRIMARY KEY (import_id, seq)
);

CREATE TABLE saved_list (
    id         BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    school_id  BIGINT,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE saved_list_member (
    list_id   BIGINT NOT NULL REFERENCES saved_list (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    PRIMARY KEY (list_id, person_id)
);
CREATE INDEX saved_list_member_person ON saved_list_member (person_id);

-- What the family chose, what the law lets us do, what the network told us --------------------------------------

CREATE TABLE preference (
    guardian_id      BIGINT NOT NULL,
    student_id       BIGINT NOT NULL,
    category         TEXT NOT NULL,
    contact_point_id BIGINT NOT NULL,
    channel          BIGINT NOT NULL,
    wanted           BOOLEAN NOT NULL,
    changed_at       BIGINT NOT NULL,
    PRIMARY KEY (guardian_id, student_id, category, contact_point_id, channel)
);
CREATE INDEX preference_student ON preference (student_id, category);

-- Append-only; each row carries the hash of the one before it of the same number and program.
CREATE TABLE consent_event (
    id            BIGINT PRIMARY KEY,
    number        TEXT NOT NULL,
    program       TEXT NOT NULL,
    kind          TEXT NOT NULL,
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    evidence      TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);
CREATE INDEX consent_event_number ON consent_event (number, program, id);

-- The folded ledger, for speed: always what consent::fold says of the events.
CREATE TABLE consent (
    number   TEXT NOT NULL,
    program  TEXT NOT NULL,
    state    TEXT NOT NULL,
    since    BIGINT NOT NULL,
    event_id BIGINT NOT NULL,
    PRIMARY KEY (number, program)
);

CREATE TABLE invitation (
    number      TEXT PRIMARY KEY,
    delivery_id BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE suppression (
    address  TEXT NOT NULL,
    channel  BIGINT NOT NULL,
    kind     BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (address, channel)
);

-- Broadcasts and deliveries --------------------------------------------------------------------------------------

CREATE TABLE broadcast (
    id            BIGINT PRIMARY KEY,
    state         TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'expanding', 'sending', 'stopped', 'finished', 'discarded')),
    category      TEXT,
    title         TEXT NOT NULL,
    draft         TEXT NOT NULL,
    owner_school  BIGINT,
    version       BIGINT NOT NULL,
    created_by    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    send_at       BIGINT,
    sent_by       BIGINT,
    sent_at       BIGINT,
    expires_at    BIGINT,
    plan_digest   TEXT,
    expand_cursor BIGINT,
    expanded_at   BIGINT,
    stopped_by    BIGINT,
    stopped_at    BIGINT,
    finished_at   BIGINT
);
CREATE INDEX broadcast_state ON broadcast (state, id);

CREATE TABLE content (
    id        BIGINT PRIMARY KEY,
    origin_id BIGINT NOT NULL,
    channel   BIGINT NOT NULL,
    language  TEXT NOT NULL,
    digest    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL,
    html      TEXT,
    segments  BIGINT NOT NULL
);
CREATE UNIQUE INDEX content_once ON content (origin_id, channel, language, digest);

-- origin_kind: 1 broadcast, 2 conversation, 3 system. children: ids of the students it is about, parted by blanks.
CREATE TABLE delivery (
    id               BIGINT PRIMARY KEY,
    origin_id        BIGINT NOT NULL,
    origin_kind      BIGINT NOT NULL,
    channel          BIGINT NOT NULL,
    person_id        BIGINT,
    contact_point_id BIGINT,
    school_id        BIGINT,
    address          TEXT,
    merge_group      BIGINT NOT NULL,
    children         TEXT NOT NULL,
    content_id       BIGINT,
    basis            TEXT NOT NULL,
    state            BIGINT NOT NULL,
    reason           BIGINT NOT NULL,
    priority         BIGINT NOT NULL,
    urgent           BOOLEAN NOT NULL,
    not_before       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    attempts         BIGINT NOT NULL,
    lease_until      BIGINT,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);
CREATE UNIQUE INDEX delivery_once ON delivery (origin_id, channel, address, merge_group) WHERE state <> 0;
CREATE INDEX delivery_left_out ON delivery (origin_id, reason) WHERE state = 0;
CREATE INDEX delivery_due ON delivery (channel, priority, not_before) WHERE state = 1;
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 2;
CREATE INDEX delivery_person ON delivery (person_id);
CREATE INDEX delivery_queued_address ON delivery (address, channel) WHERE state = 1;
CREATE INDEX delivery_open_system ON delivery (expires_at) WHERE origin_kind <> 1 AND state IN (1, 2, 3, 7);

CREATE TABLE attempt (
    delivery_id BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    gateway     TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    outcome     BIGINT,
    reason      BIGINT,
    code        TEXT,
    PRIMARY KEY (delivery_id, number)
);

-- One row for each part that a carrier took: a receipt finds its delivery here. state: 0 nothing final yet,
-- 1 delivered, otherwise the reason why not.
CREATE TABLE attempt_reference (
    gateway     TEXT NOT NULL,
    reference   TEXT NOT NULL,
    delivery_id BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    part        BIGINT NOT NULL,
    parts       BIGINT NOT NULL,
    state       BIGINT NOT NULL,
    PRIMARY KEY (gateway, reference)
);
CREATE INDEX attempt_reference_parts ON attempt_reference (delivery_id, number) WHERE parts > 1;

-- Raw, and committed before the carrier gets its acknowledgement. matched_at is NULL until it met its delivery.
CREATE TABLE receipt (
    id          BIGINT PRIMARY KEY,
    gateway     TEXT NOT NULL,
    reference   TEXT NOT NULL,
    status      BIGINT NOT NULL,
    reason      BIGINT NOT NULL,
    raw         TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    matched_at  BIGINT
);
CREATE INDEX receipt_unmatched ON receipt (gateway, reference) WHERE matched_at IS NULL;

CREATE TABLE inbound (
    id           BIGINT PRIMARY KEY,
    gateway      TEXT NOT NULL,
    channel      BIGINT NOT NULL,
    from_address TEXT NOT NULL,
    to_address   TEXT NOT NULL,
    body         TEXT NOT NULL,
    keyword      TEXT,
    received_at  BIGINT NOT NULL,
    handled_at   BIGINT
);
CREATE INDEX inbound_unhandled ON inbound (id) WHERE handled_at IS NULL;
CREATE INDEX inbound_from ON inbound (from_address, id);

-- Counters, moved in the same transaction as the rows they count: a page never scans deliveries.
CREATE TABLE tally (
    origin_id BIGINT NOT NULL,
    channel   BIGINT NOT NULL,
    school_id BIGINT NOT NULL,
    state     BIGINT NOT NULL,
    reason    BIGINT NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (origin_id, channel, school_id, state, reason)
);

-- How many first attempts began in each second (of Unix time): p50, p95 and p100 of A3 come from here.
CREATE TABLE tally_second (
    origin_id BIGINT NOT NULL,
    channel   BIGINT NOT NULL,
    second    BIGINT NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (origin_id, channel, second)
);

-- Work, carriers, people who sign in -----------------------------------------------------------------------------

CREATE TABLE job (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    unique_key  TEXT,
    state       TEXT NOT NULL CHECK (state IN ('ready', 'running', 'done', 'failed')),
    run_at      BIGINT NOT NULL,
    lease_until BIGINT,
    attempts    BIGINT NOT NULL,
    last_error  TEXT
);
CREATE INDEX job_ready ON job (run_at) WHERE state IN ('ready', 'running');
CREATE UNIQUE INDEX job_unique ON job (unique_key) WHERE unique_key IS NOT NULL AND state IN ('ready', 'running');

-- next_free_us: the theoretical arrival time of the rate limit (GCRA), in microseconds of Unix time.
CREATE TABLE gateway (
    name         TEXT PRIMARY KEY,
    channel      BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    per_second   DOUBLE PRECISION NOT NULL,
    next_free_us BIGINT NOT NULL,
    state        TEXT NOT NULL,
    detail       TEXT NOT NULL,
    changed_at   BIGINT NOT NULL,
    held_by      TEXT,
    held_until   BIGINT
);

CREATE TABLE user_account (
    id              BIGINT PRIMARY KEY,
    person_id       BIGINT,
    name            TEXT NOT NULL,
    email           TEXT NOT NULL UNIQUE,
    password_hash   TEXT,
    active          BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    last_sign_in_at BIGINT
);

-- school_id 0 is the whole district.
CREATE TABLE user_role (
    user_id   BIGINT NOT NULL REFERENCES user_account (id),
    role      TEXT NOT NULL,
    school_id BIGINT NOT NULL,
    PRIMARY KEY (user_id, role, school_id)
);

CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES user_account (id),
    csrf_token TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_of_user ON session (user_id);

CREATE TABLE sign_in_link (
    token_hash TEXT PRIMARY KEY,
    user_id    BIGINT NOT NULL REFERENCES user_account (id),
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE TABLE sign_in_failure (
    email TEXT NOT NULL,
    at    BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_email ON sign_in_failure (email, at);

-- Append-only; each row carries the hash of the one before it.
CREATE TABLE audit (
    id            BIGINT PRIMARY KEY,
    at            BIGINT NOT NULL,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    subject       TEXT NOT NULL,
    detail        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);
