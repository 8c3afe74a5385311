-- What people recorded for calls, made ready for the telephone: 8 kHz, mono, G.711 µ-law, as it goes onto the wire. The
-- same sound is one row, whoever brought it; none is ever changed or removed, since messages refer to them for good.
-- BYTEA is a name that both engines take for bytes.
CREATE TABLE recording (
    id         BIGINT PRIMARY KEY,
    digest     TEXT NOT NULL UNIQUE,
    length_ms  BIGINT NOT NULL,
    sound      BYTEA NOT NULL,
    created_by BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- How calls of a school present themselves: the office that key 3 reaches, and the number that families see.
-- NULL: the roster's number, and the trunk's own.
CREATE TABLE school_calls (
    school_id BIGINT PRIMARY KEY REFERENCES school (id),
    office    TEXT,
    caller_id TEXT
);
