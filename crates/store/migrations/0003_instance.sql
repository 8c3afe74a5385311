-- One row for each life of this database after its first: restored from a backup, or moved here from another store.
-- What was planned before began_at is held until a person decides: decision NULL and held.
CREATE TABLE instance (
    epoch      BIGINT PRIMARY KEY,
    began_at   BIGINT NOT NULL,
    began_by   TEXT NOT NULL CHECK (began_by IN ('restore', 'move')),
    backup_at  BIGINT NOT NULL,
    held       BOOLEAN NOT NULL,
    decision   TEXT CHECK (decision IN ('send', 'cancel')),
    decided_at BIGINT,
    moved_at   BIGINT
);

-- A database that a newer program has lengthened is still understood by this one, unless a step says that it breaks.
ALTER TABLE schema_migration ADD COLUMN breaking BOOLEAN NOT NULL DEFAULT FALSE;
