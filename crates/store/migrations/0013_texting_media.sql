-- What came with a text: fetched from the carrier, shown after a person has checked it.

-- bytes: base64, so that one text serves both engines and every backup. state kept: bytes, kind, size and digest stand.
CREATE TABLE text_media (
    inbound_id BIGINT NOT NULL,
    place      BIGINT NOT NULL,
    conversation_id BIGINT NOT NULL REFERENCES conversation (id),
    gateway    TEXT NOT NULL,
    address    TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'refused')),
    why        TEXT NOT NULL,
    kind       TEXT NOT NULL,
    bytes      TEXT NOT NULL,
    size       BIGINT NOT NULL,
    digest     TEXT NOT NULL,
    tries      BIGINT NOT NULL,
    due_at     BIGINT NOT NULL,
    checked_by TEXT,
    checked_at BIGINT,
    verdict    TEXT,
    PRIMARY KEY (inbound_id, place)
);
CREATE INDEX text_media_thread ON text_media (conversation_id);
CREATE INDEX text_media_waiting ON text_media (due_at) WHERE state = 'waiting';
