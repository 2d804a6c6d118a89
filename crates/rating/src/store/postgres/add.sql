-- Ratings and their items' counts in one statement, and so in one transaction and one trip.
WITH given AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('rating', 'id')) AS id, item, stars, key, created_at, place
    FROM unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[]) WITH ORDINALITY
        AS one (item, stars, key, created_at, place)
), added AS (
    INSERT INTO rating (id, item, stars, idempotency_key, created_at) OVERRIDING SYSTEM VALUE
    -- Everybody takes items in the same order, so that nobody waits for somebody who waits for them.
    SELECT id, item, stars, key, created_at FROM given ORDER BY item, place
    ON CONFLICT (item, idempotency_key) DO NOTHING
    RETURNING id, item, stars
), counted AS (
    INSERT INTO item (item, one, two, three, four, five)
    SELECT item, count(*) FILTER (WHERE stars = 1), count(*) FILTER (WHERE stars = 2),
        count(*) FILTER (WHERE stars = 3), count(*) FILTER (WHERE stars = 4), count(*) FILTER (WHERE stars = 5)
    FROM added GROUP BY item ORDER BY item
    ON CONFLICT (item) DO UPDATE SET
        one = item.one + excluded.one, two = item.two + excluded.two, three = item.three + excluded.three,
        four = item.four + excluded.four, five = item.five + excluded.five
)
SELECT given.place, given.id FROM given JOIN added USING (id)
