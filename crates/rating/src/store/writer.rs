//! The only writer of an SQLite store: ratings that wait together share one transaction, and so one disk sync.

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::{Added, NewRating, StoreError, rating};
use crate::ItemId;

/// How many ratings one transaction takes at most; more wait for the next.
const BATCH: usize = 256;

const INSERT: &str = "INSERT INTO rating (item, stars, idempotency_key, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT DO NOTHING RETURNING id";
const FIND: &str = "SELECT id, stars, created_at FROM rating WHERE item = ? AND idempotency_key = ?";
const COUNT: &str =
    "INSERT INTO item (item, one, two, three, four, five) VALUES (?1, ?2 = 1, ?2 = 2, ?2 = 3, ?2 = 4, ?2 = 5)
     ON CONFLICT (item) DO UPDATE SET one = one + excluded.one, two = two + excluded.two,
     three = three + excluded.three, four = four + excluded.four, five = five + excluded.five";

/// Hands ratings to the task that owns the writing connection.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    item: ItemId,
    rating: NewRating,
    reply: oneshot::Sender<Result<Added, StoreError>>,
}

impl Writer {
    /// Starts the task; it ends, and closes the connection, when the last `Writer` is dropped.
    pub(super) fn spawn(connection: SqliteConnection) -> Self {
        let (sender, jobs) = mpsc::channel(BATCH);
        tokio::spawn(run(connection, jobs));
        Self(sender)
    }

    /// Answers when the rating is on the disk. Dropping the future does not undo the rating.
    pub(super) async fn add(&self, item: ItemId, rating: NewRating) -> Result<Added, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Job { item, rating, reply }).await.map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

async fn run(mut connection: SqliteConnection, mut jobs: mpsc::Receiver<Job>) {
    let mut batch = Vec::with_capacity(BATCH);
    while jobs.recv_many(&mut batch, BATCH).await > 0 {
        let outcome = commit(&mut connection, &batch).await;
        let mut answers = outcome.as_ref().map(|added| added.iter()).map_err(Clone::clone);
        for job in batch.drain(..) {
            let answer = match &mut answers {
                Ok(added) => added.next().cloned().ok_or(StoreError::Closed),
                Err(error) => Err(error.clone()),
            };
            // A client that went away does not read its answer; the rating is stored all the same.
            let _ = job.reply.send(answer);
        }
    }
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "closing the rating database");
    }
}

/// All of `batch` or nothing: dropping the transaction rolls it back.
async fn commit(connection: &mut SqliteConnection, batch: &[Job]) -> Result<Vec<Added>, StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(batch.len());
    for job in batch {
        answers.push(add(&mut transaction, &job.item, &job.rating).await?);
    }
    transaction.commit().await?;
    Ok(answers)
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
