-- Passkeys: a door that a family opens with a device of its own.

-- credential, user_handle, public_key, standing: base64url, as the browser and the checks of WebAuthn have them; standing is
-- what moves with every use (the count of signatures above all). person_id: the first guardian for whom it was made; it opens
-- only while the address still stands for that person. tries: answers since tries_since, put back by a right one.
-- suspect_at: the count of signatures went back, so that a copy may exist; it opens nothing any more.
CREATE TABLE family_passkey (
    id          BIGINT PRIMARY KEY,
    email       TEXT NOT NULL,
    person_id   BIGINT NOT NULL REFERENCES person (id),
    credential  TEXT NOT NULL UNIQUE,
    user_handle TEXT NOT NULL,
    transports  BIGINT NOT NULL,
    public_key  TEXT NOT NULL,
    standing    TEXT NOT NULL,
    user_agent  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    used_at     BIGINT,
    tries       BIGINT NOT NULL,
    tries_since BIGINT NOT NULL,
    suspect_at  BIGINT
);
CREATE INDEX family_passkey_email ON family_passkey (email, id);
