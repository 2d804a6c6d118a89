-- Every rating that was given, and per item the running counts that reads are answered from.
CREATE TABLE rating (
    id              INTEGER PRIMARY KEY,
    item            TEXT    NOT NULL,
    stars           INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
    -- Null when the client sent none: SQLite holds any number of nulls in a unique index.
    idempotency_key TEXT,
    -- Milliseconds since the Unix epoch.
    created_at      INTEGER NOT NULL,
    UNIQUE (item, idempotency_key)
) STRICT;

CREATE TABLE item (
    item TEXT PRIMARY KEY,
    one   INTEGER NOT NULL DEFAULT 0,
    two   INTEGER NOT NULL DEFAULT 0,
    three INTEGER NOT NULL DEFAULT 0,
    four  INTEGER NOT NULL DEFAULT 0,
    five  INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
