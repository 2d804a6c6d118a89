//! Ratings in memory: for demos and for services whose store is elsewhere.

use std::collections::BTreeMap;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::{Added, NewRating, Rating, Store, StoreError};
use crate::{Distribution, ItemId};

/// Keeps ratings for as long as the process runs.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Ratings>);

#[derive(Debug, Default)]
struct Ratings {
    last_id: i64,
    by_key: BTreeMap<(ItemId, String), Rating>,
    counts: BTreeMap<ItemId, Distribution>,
    /// In the order of their ids.
    all: BTreeMap<ItemId, Vec<Rating>>,
}

#[async_trait]
impl Store for MemoryStore {
    async fn add(&self, item: &ItemId, new: NewRating) -> Result<Added, StoreError> {
        Ok(self.0.lock().add(item, new))
    }

    async fn distribution(&self, item: &ItemId) -> Result<Distribution, StoreError> {
        Ok(self.0.lock().counts.get(item).copied().unwrap_or_default())
    }

    async fn page(&self, item: &ItemId, before: Option<i64>, limit: u32) -> Result<Vec<Rating>, StoreError> {
        let ratings = self.0.lock();
        let all = ratings.all.get(item).map(Vec::as_slice).unwrap_or_default();
        let end = before.map_or(all.len(), |before| all.partition_point(|rating| rating.id < before));
        Ok(all.iter().take(end).rev().take(limit as usize).cloned().collect())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Ratings {
    fn add(&mut self, item: &ItemId, new: NewRating) -> Added {
        let key = new.key.map(|key| (item.clone(), key));
        if let Some(known) = key.as_ref().and_then(|key| self.by_key.get(key)) {
            return Added::Known(known.clone());
        }
        self.last_id += 1;
        let rating = Rating { id: self.last_id, stars: new.stars, created_at: new.created_at };
        self.counts.entry(item.clone()).or_default().add(new.stars);
        self.all.entry(item.clone()).or_default().push(rating.clone());
        if let Some(key) = key {
            self.by_key.insert(key, rating.clone());
        }
        Added::Stored(rating)
    }
}
