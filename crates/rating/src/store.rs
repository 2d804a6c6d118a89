//! Where ratings are kept: what the service asks of a store, and what it gets back.

mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod writer;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;

use crate::{Distribution, ItemId, Stars};

/// Keeps ratings. A rating is stored when [`Store::add`] has answered, and its item's counts with it.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores a rating, or finds the one that the same key stored before.
    async fn add(&self, item: &ItemId, rating: NewRating) -> Result<Added, StoreError>;
    /// How often each number of stars was given to `item`; all zero when it is unknown.
    async fn distribution(&self, item: &ItemId) -> Result<Distribution, StoreError>;
    /// Ratings of `item` with ids below `before`, or the newest ones: at most `limit`, newest first.
    async fn page(&self, item: &ItemId, before: Option<i64>, limit: u32) -> Result<Vec<Rating>, StoreError>;
    /// Whether the store answers at all.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A rating that somebody gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRating {
    /// How many stars.
    pub stars: Stars,
    /// Makes it safe to send the rating again; unique per item.
    pub key: Option<String>,
    /// When it arrived.
    pub created_at: Timestamp,
}

/// A rating that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// Unique in its store, rising.
    pub id: i64,
    /// How many stars.
    pub stars: Stars,
    /// When it arrived, to the millisecond.
    pub created_at: Timestamp,
}

/// What became of a [`NewRating`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new and counted.
    Stored(Rating),
    /// The same key had stored this one before; nothing was counted again.
    Known(Rating),
}

impl Added {
    /// The rating that is stored now.
    pub fn rating(&self) -> &Rating {
        match self {
            Self::Stored(rating) | Self::Known(rating) => rating,
        }
    }
}

/// Why a store did not answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    #[cfg(feature = "sqlite")]
    /// The database could not be opened or brought up to date.
    #[error("cannot open the rating database {path}: {source}; is the directory there and writable?")]
    Open {
        /// Its file.
        path: String,
        /// What SQLite said.
        source: Arc<sqlx::Error>,
    },
    #[cfg(feature = "postgres")]
    /// The database server could not be reached, or its tables not be brought up to date.
    #[error(
        "cannot use the rating database at {place}: {source}; check address, name, credentials and sslmode"
    )]
    Connect {
        /// Host, port and database.
        place: String,
        /// What PostgreSQL said.
        source: Arc<sqlx::Error>,
    },
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    /// The database refused a statement.
    #[error("the rating database failed: {0}")]
    Database(#[from] Arc<sqlx::Error>),
    /// What is stored is not a rating.
    #[error("the rating database holds what cannot be a rating: {0}")]
    Corrupt(String),
    /// The store is shutting down.
    #[error("the rating store is closed")]
    Closed,
}

#[cfg(any(feature = "sqlite", feature = "postgres"))]
impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// A rating as a database holds it.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
fn rating(id: i64, stars: i64, created: i64) -> Result<Rating, StoreError> {
    let corrupt = |what: String| StoreError::Corrupt(format!("rating {id}: {what}"));
    let stars = Stars::new(stars).map_err(|error| corrupt(error.to_string()))?;
    let created_at =
        Timestamp::from_millisecond(created).map_err(|error| corrupt(format!("created_at: {error}")))?;
    Ok(Rating { id, stars, created_at })
}
