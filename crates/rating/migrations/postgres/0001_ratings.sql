-- Every rating, and beside it what an item's ratings come to: both change in one statement.
CREATE TABLE rating (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item            text     NOT NULL,
    stars           smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    idempotency_key text,
    -- Milliseconds since 1970, as the service gives them.
    created_at      bigint   NOT NULL,
    UNIQUE (item, idempotency_key)
);

CREATE TABLE item (
    item  text   PRIMARY KEY,
    one   bigint NOT NULL DEFAULT 0,
    two   bigint NOT NULL DEFAULT 0,
    three bigint NOT NULL DEFAULT 0,
    four  bigint NOT NULL DEFAULT 0,
    five  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
