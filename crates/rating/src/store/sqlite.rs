//! Ratings in an SQLite file: one writer that shares its transactions, many readers.

mod commit;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqliteConnection};

use super::writer::Writer;
use super::{Added, NewRating, Rating, Store, StoreError, rating};
use crate::{Distribution, ItemId};
use commit::OneWriter;

const READERS: u32 = 4;

/// Keeps ratings in a file. A rating survives the loss of power once [`Store::add`] has answered.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file at `path`, makes it when it is not there, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { path: path.display().to_string(), source: Arc::new(source) };
        let options = options(path);
        let writer = connect_writer(&options).await.map_err(failed)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.create_if_missing(false).read_only(true))
            .await
            .map_err(failed)?;
        Ok(Self { writer: Writer::spawn(OneWriter(writer)), readers })
    }
}

/// Write-ahead log, so that readers never wait; full sync, so that a commit is on the disk.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
}

async fn connect_writer(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    let mut writer = options.connect().await?;
    sqlx::migrate!("./migrations/sqlite").run_direct(None, &mut writer, false).await?;
    Ok(writer)
}

#[async_trait]
impl Store for SqliteStore {
    async fn add(&self, item: &ItemId, rating: NewRating) -> Result<Added, StoreError> {
        self.writer.add(item.clone(), rating).await
    }

    async fn distribution(&self, item: &ItemId) -> Result<Distribution, StoreError> {
        let counts: Option<(i64, i64, i64, i64, i64)> =
            sqlx::query_as("SELECT one, two, three, four, five FROM item WHERE item = ?")
                .bind(item.as_str())
                .fetch_optional(&self.readers)
                .await?;
        let (one, two, three, four, five) = counts.unwrap_or_default();
        Ok(Distribution::new([one, two, three, four, five].map(i64::unsigned_abs)))
    }

    async fn page(&self, item: &ItemId, before: Option<i64>, limit: u32) -> Result<Vec<Rating>, StoreError> {
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
            "SELECT id, stars, created_at FROM rating WHERE item = ? AND id < ? ORDER BY id DESC LIMIT ?",
        )
        .bind(item.as_str())
        .bind(before.unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(|(id, stars, created)| rating(id, stars, created)).collect()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }
}
