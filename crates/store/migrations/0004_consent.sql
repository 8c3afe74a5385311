-- Policies as dated records: what the law asks for, and what the district does beyond it. A change of law is a row here,
-- not a release. author: law or district; effective_from: a civil date in the district's zone.
CREATE TABLE policy_record (
    rule           TEXT NOT NULL,
    author         TEXT NOT NULL CHECK (author IN ('law', 'district')),
    effective_from TEXT NOT NULL,
    value          TEXT NOT NULL,
    source         TEXT NOT NULL,
    PRIMARY KEY (rule, author, effective_from)
);
INSERT INTO policy_record (rule, author, effective_from, value, source) VALUES
    ('revocation_scope', 'law', '2025-04-11', 'program',
     'LAW-11: 47 CFR 64.1200(a)(10) in force; revoke-all waived until 2027-01-31 (FCC order of 2026-01-06)'),
    ('revocation_scope', 'law', '2027-01-31', 'all',
     'LAW-11: end of the waiver of 2026-01-06, under reconsideration'),
    ('revocation_scope', 'district', '2025-04-11', 'all',
     'the careful reading, from the first day: nobody has to say STOP twice');

-- A carrier's own id of a text that came in, so that a hook called twice is one text; and the addresses of pictures and
-- files that came with it, one a line.
ALTER TABLE inbound ADD COLUMN reference TEXT;
ALTER TABLE inbound ADD COLUMN media TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX inbound_once ON inbound (gateway, reference) WHERE reference IS NOT NULL;

-- Mail that came to the bounce address: bounces, complaints, answers of machines. raw: its beginning, for the record;
-- digest: of the whole mail, so that one that is handed over twice counts once.
CREATE TABLE returned_mail (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    delivery_id BIGINT,
    code        TEXT NOT NULL,
    raw         TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE,
    received_at BIGINT NOT NULL
);
CREATE INDEX returned_mail_delivery ON returned_mail (delivery_id) WHERE delivery_id IS NOT NULL;

-- What this installation alone knows, made when it is first needed: links in mail are sealed with it.
CREATE TABLE instance_secret (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
