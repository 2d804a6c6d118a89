WITH added AS (
    INSERT INTO rating (item, stars, idempotency_key, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (item, idempotency_key) DO NOTHING
    RETURNING id
), counted AS (
    INSERT INTO item (item, one, two, three, four, five)
    SELECT $1, ($2 = 1)::int, ($2 = 2)::int, ($2 = 3)::int, ($2 = 4)::int, ($2 = 5)::int FROM added
    ON CONFLICT (item) DO UPDATE SET
        one = item.one + excluded.one, two = item.two + excluded.two, three = item.three + excluded.three,
        four = item.four + excluded.four, five = item.five + excluded.five
)
SELECT id FROM added
