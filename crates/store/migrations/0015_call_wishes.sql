-- Broadcasts whose sender chose that a family's other phones are left alone once it has the message. stops_on: nothing,
-- heard or confirmed; text_first: a text that arrived counts too.
CREATE TABLE call_wish (
    origin_id  BIGINT PRIMARY KEY,
    stops_on   TEXT NOT NULL,
    text_first BOOLEAN NOT NULL
);

-- Families that have it. A family is a household; merge_group keeps apart what custody keeps apart.
CREATE TABLE family_reached (
    origin_id   BIGINT NOT NULL,
    household   BIGINT NOT NULL,
    merge_group BIGINT NOT NULL,
    reached_at  BIGINT NOT NULL,
    PRIMARY KEY (origin_id, household, merge_group)
);

-- What a number was called about, for whoever calls back.
CREATE INDEX delivery_called ON delivery (address, created_at) WHERE channel = 1 AND origin_kind = 1 AND state <> 0;
