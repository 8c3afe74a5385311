-- Several programs on one database. number tells their ids apart; name is of one start of a program.
CREATE TABLE node (
    number      BIGINT PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    roles       TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    alive_until BIGINT NOT NULL
);

-- Answers that came when the row had gone on without them: another attempt had begun, or its end was told.
ALTER TABLE gateway ADD COLUMN late_answers BIGINT NOT NULL DEFAULT 0;
