//! Several ratings in one transaction of an SQLite store.

use async_trait::async_trait;
use sqlx::{Connection, SqliteConnection};

use crate::ItemId;
use crate::store::writer::{Commit, Job};
use crate::store::{Added, NewRating, StoreError, rating};

const INSERT: &str = "INSERT INTO rating (item, stars, idempotency_key, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING RETURNING id";
const FIND: &str = "SELECT id, stars, created_at FROM rating WHERE item = ? AND idempotency_key = ?";
const COUNT: &str =
    "INSERT INTO item (item, one, two, three, four, five) VALUES (?1, ?2 = 1, ?2 = 2, ?2 = 3, ?2 = 4, ?2 = 5)
     ON CONFLICT (item) DO UPDATE SET one = one + excluded.one, two = two + excluded.two,
     three = three + excluded.three, four = four + excluded.four, five = five + excluded.five";

/// The only connection that writes.
pub(super) struct OneWriter(pub(super) SqliteConnection);

#[async_trait]
impl Commit for OneWriter {
    /// Dropping the transaction rolls it back.
    async fn commit(&mut self, batch: &[Job]) -> Result<Vec<Result<Added, StoreError>>, StoreError> {
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await?;
        let mut answers = Vec::with_capacity(batch.len());
        for job in batch {
            answers.push(Ok(add(&mut transaction, &job.item, &job.rating).await?));
        }
        transaction.commit().await?;
        Ok(answers)
    }

    async fn close(self) {
        if let Err(error) = self.0.close().await {
            tracing::warn!(%error, "closing the rating database");
        }
    }
}

async fn add(sql: &mut SqliteConnection, item: &ItemId, new: &NewRating) -> Result<Added, StoreError> {
    let created = new.created_at.as_millisecond();
    let inserted: Option<(i64,)> = sqlx::query_as(INSERT)
        .bind(item.as_str())
        .bind(new.stars.get())
        .bind(new.key.as_deref())
        .bind(created)
        .fetch_optional(&mut *sql)
        .await?;
    let Some((id,)) = inserted else { return find(sql, item, new.key.as_deref()).await };
    sqlx::query(COUNT).bind(item.as_str()).bind(new.stars.get()).execute(sql).await?;
    Ok(Added::Stored(rating(id, new.stars.get().into(), created)?))
}

async fn find(sql: &mut SqliteConnection, item: &ItemId, key: Option<&str>) -> Result<Added, StoreError> {
    let (id, stars, created): (i64, i64, i64) =
        sqlx::query_as(FIND).bind(item.as_str()).bind(key).fetch_one(sql).await?;
    Ok(Added::Known(rating(id, stars, created)?))
}
