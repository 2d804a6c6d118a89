//! Ratings in PostgreSQL, for a service with more than one instance.

mod commit;

use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::writer::Writer;
use super::{Added, NewRating, Rating, Store, StoreError, rating};
use crate::{Distribution, ItemId};
use commit::Batches;

/// Connections of one instance. Eight instances fit into the 100 that PostgreSQL allows by default.
const CONNECTIONS: u32 = 12;
/// How long a request waits for one of them.
const PATIENCE: Duration = Duration::from_secs(3);

const PAGE: &str =
    "SELECT id, stars, created_at FROM rating WHERE item = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
const COUNTS: &str = "SELECT one, two, three, four, five FROM item WHERE item = $1";

/// Keeps ratings in a PostgreSQL database. A rating survives the loss of power once [`Store::add`] has answered.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    writer: Writer,
    pool: PgPool,
}

impl PostgresStore {
    /// Connects to the database of a URL (`postgres://user:password@host/name?sslmode=verify-full`) and brings its tables
    /// up to date. Instances that start together wait for each other.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|source| unusable("(the URL)", source))?;
        // What is told of it has no password.
        let place =
            format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or(""));
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options.application_name("rating-api"))
            .await
            .map_err(|source| unusable(&place, source))?;
        let migrated = sqlx::migrate!("./migrations/postgres").run(&pool).await;
        migrated.map_err(|source| unusable(&place, source.into()))?;
        Ok(Self { writer: Writer::spawn(Batches(pool.clone())), pool })
    }
}

fn unusable(place: &str, source: sqlx::Error) -> StoreError {
    StoreError::Connect { place: place.to_owned(), source: Arc::new(source) }
}

#[async_trait]
impl Store for PostgresStore {
    async fn add(&self, item: &ItemId, rating: NewRating) -> Result<Added, StoreError> {
        self.writer.add(item.clone(), rating).await
    }

    async fn distribution(&self, item: &ItemId) -> Result<Distribution, StoreError> {
        let counts: Option<(i64, i64, i64, i64, i64)> =
            sqlx::query_as(COUNTS).bind(item.as_str()).fetch_optional(&self.pool).await?;
        let (one, two, three, four, five) = counts.unwrap_or_default();
        Ok(Distribution::new([one, two, three, four, five].map(i64::unsigned_abs)))
    }

    async fn page(&self, item: &ItemId, before: Option<i64>, limit: u32) -> Result<Vec<Rating>, StoreError> {
        let rows: Vec<(i64, i16, i64)> = sqlx::query_as(PAGE)
            .bind(item.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(|(id, stars, created)| rating(id, stars.into(), created)).collect()
    }

    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}
