-- Calls that were answered, one row for each attempt: who was there, how long, which keys. number: that of the attempt.
CREATE TABLE call_record (
    delivery_id BIGINT NOT NULL,
    number      BIGINT NOT NULL,
    gateway     TEXT NOT NULL,
    party       TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    keys        TEXT NOT NULL,
    said        TEXT NOT NULL,
    PRIMARY KEY (delivery_id, number)
);

-- How many of a broadcast's calls a person and how many a machine took, moved with the records: no page counts them.
CREATE TABLE call_tally (
    origin_id BIGINT NOT NULL,
    party     TEXT NOT NULL,
    count     BIGINT NOT NULL,
    PRIMARY KEY (origin_id, party)
);

-- Calls at once, of gateways that keep a line busy while somebody talks.
ALTER TABLE gateway ADD COLUMN lines BIGINT;
