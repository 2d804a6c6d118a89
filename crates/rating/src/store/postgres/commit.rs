//! Several ratings in one statement of a PostgreSQL store.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgPool;
use tokio::time::sleep;

use crate::store::writer::{Commit, Job};
use crate::store::{Added, StoreError, rating};

const ADD: &str = include_str!("add.sql");
const FIND: &str = "SELECT id, stars, created_at FROM rating WHERE item = $1 AND idempotency_key = $2";
/// How often a statement is tried that met another one.
const ATTEMPTS: u32 = 5;

/// Stores what waits together in one statement.
pub(super) struct Batches(pub(super) PgPool);

#[async_trait]
impl Commit for Batches {
    async fn commit(&mut self, batch: &[Job]) -> Result<Vec<Result<Added, StoreError>>, StoreError> {
        let mut attempt = 1;
        let added = loop {
            match self.add(batch).await {
                Err(error) if met_another(&error) && attempt < ATTEMPTS => {
                    sleep(Duration::from_millis(5) * attempt).await;
                    attempt += 1;
                }
                other => break other?,
            }
        };
        let mut answers = Vec::with_capacity(batch.len());
        for (place, job) in (1_i64..).zip(batch) {
            answers.push(match added.get(&place) {
                Some(id) => {
                    let created = job.rating.created_at.as_millisecond();
                    rating(*id, job.rating.stars.get().into(), created).map(Added::Stored)
                }
                // The batch is stored by now: what goes wrong here is this rating's alone.
                None => self.known(job).await,
            });
        }
        Ok(answers)
    }

    async fn close(self) {}
}

impl Batches {
    /// The ids of those that are new, by their place in the batch.
    async fn add(&self, batch: &[Job]) -> Result<BTreeMap<i64, i64>, sqlx::Error> {
        let items: Vec<&str> = batch.iter().map(|job| job.item.as_str()).collect();
        let stars: Vec<i16> = batch.iter().map(|job| job.rating.stars.get().into()).collect();
        let keys: Vec<Option<&str>> = batch.iter().map(|job| job.rating.key.as_deref()).collect();
        let times: Vec<i64> = batch.iter().map(|job| job.rating.created_at.as_millisecond()).collect();
        let added: Vec<(i64, i64)> =
            sqlx::query_as(ADD).bind(items).bind(stars).bind(keys).bind(times).fetch_all(&self.0).await?;
        Ok(added.into_iter().collect())
    }

    /// What the same key had stored before.
    async fn known(&self, job: &Job) -> Result<Added, StoreError> {
        let (id, stars, created): (i64, i16, i64) = sqlx::query_as(FIND)
            .bind(job.item.as_str())
            .bind(job.rating.key.as_deref())
            .fetch_one(&self.0)
            .await?;
        rating(id, stars.into(), created).map(Added::Known)
    }
}

/// Whether PostgreSQL gave the statement up because of another one: it has done nothing, and may do it now.
fn met_another(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    // serialization_failure, deadlock_detected
    code.is_some_and(|code| ["40001", "40P01"].contains(&&*code))
}
