//! Answers to readers, kept ready for a moment: many ask about few items.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http::HeaderValue;
use quick_cache::sync::Cache;
use tokio::time::Instant;

use crate::{Distribution, ItemId, Store, StoreError};

/// Items whose answers are kept; those that are asked for least make room.
const ITEMS: usize = 10_000;

/// Answers by item. A write of this instance is seen at once; what other instances write, after the lifetime.
pub(crate) struct Reads {
    lifetime: Duration,
    kept: Cache<ItemId, Kept>,
}

/// What an item's ratings come to, in both variants of the experiment.
pub(crate) struct Summary {
    pub(crate) exact: Ready,
    pub(crate) rounded: Ready,
}

/// A body with its tag. The same counts give the same body, and so the same tag.
pub(crate) struct Ready {
    pub(crate) body: Bytes,
    pub(crate) tag: HeaderValue,
}

#[derive(Clone)]
struct Kept {
    summary: Arc<Summary>,
    since: Instant,
}

impl Reads {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { lifetime, kept: Cache::new(ITEMS) }
    }

    /// What is kept, or what the store says. Whoever asks while the store is being asked waits for the same answer.
    pub(crate) async fn summary(&self, item: &ItemId, store: &dyn Store) -> Result<Arc<Summary>, StoreError> {
        if self.lifetime.is_zero() {
            return Ok(Arc::new(Summary::new(item, &store.distribution(item).await?)));
        }
        match self.kept.get(item) {
            Some(kept) if kept.since.elapsed() < self.lifetime => return Ok(kept.summary),
            Some(kept) => {
                // Unless somebody has renewed it meanwhile.
                self.kept.remove_if(item, |now| now.since == kept.since);
            }
            None => {}
        }
        match self.kept.get_value_or_guard_async(item).await {
            Ok(kept) => Ok(kept.summary),
            Err(guard) => {
                let since = Instant::now();
                let summary = Arc::new(Summary::new(item, &store.distribution(item).await?));
                // A write in between has taken the place away: then this answer is true, and old.
                let _refused = guard.insert(Kept { summary: Arc::clone(&summary), since });
                Ok(summary)
            }
        }
    }

    /// Held during a write: what is kept is old when it is over, however it ends.
    pub(crate) fn outdated<'r>(&'r self, item: &'r ItemId) -> Outdated<'r> {
        Outdated { reads: self, item }
    }
}

/// A write that is under way. A failure and a client that goes away may leave the rating stored.
pub(crate) struct Outdated<'r> {
    reads: &'r Reads,
    item: &'r ItemId,
}

impl Drop for Outdated<'_> {
    fn drop(&mut self) {
        self.reads.kept.remove(self.item);
    }
}

impl Summary {
    fn new(item: &ItemId, distribution: &Distribution) -> Self {
        let mean = distribution.mean();
        let rounded = mean.map(|mean| (mean * 10.0).round() / 10.0);
        Self {
            exact: Ready::new(item, distribution, mean, ""),
            rounded: Ready::new(item, distribution, rounded, "r"),
        }
    }
}

impl Ready {
    fn new(item: &ItemId, distribution: &Distribution, mean: Option<f64>, suffix: &str) -> Self {
        let counts: Vec<String> = distribution.iter().map(|(_, count)| count.to_string()).collect();
        let body = crate::ratings::summary_body(item, distribution, mean);
        let tag = HeaderValue::try_from(format!("\"{}{suffix}\"", counts.join("-")));
        // Digits and dashes are always a header.
        Self { body: body.into(), tag: tag.unwrap_or(HeaderValue::from_static("\"\"")) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;
    use jiff::Timestamp;
    use tokio::sync::Notify;

    use super::*;
    use crate::{Added, MemoryStore, NewRating, Rating, Stars};

    /// A store that counts how often it is read, and can be held while it is.
    #[derive(Default)]
    struct Watched {
        store: MemoryStore,
        reads: AtomicUsize,
        hold: Option<(Notify, Notify)>,
    }

    #[async_trait]
    impl Store for Watched {
        async fn add(&self, item: &ItemId, rating: NewRating) -> Result<Added, StoreError> {
            self.store.add(item, rating).await
        }

        async fn distribution(&self, item: &ItemId) -> Result<Distribution, StoreError> {
            let read = self.store.distribution(item).await;
            self.reads.fetch_add(1, Ordering::Relaxed);
            if let Some((reading, go_on)) = &self.hold {
                reading.notify_one();
                go_on.notified().await;
            }
            read
        }

        async fn page(&self, _: &ItemId, _: Option<i64>, _: u32) -> Result<Vec<Rating>, StoreError> {
            Ok(Vec::new())
        }

        async fn ping(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    fn lobster() -> ItemId {
        ItemId::new("lobster").unwrap()
    }

    async fn rate(store: &Watched) {
        let new = NewRating { stars: Stars::new(5).unwrap(), key: None, created_at: Timestamp::UNIX_EPOCH };
        store.add(&lobster(), new).await.unwrap();
    }

    async fn tag(reads: &Reads, store: &Watched) -> HeaderValue {
        reads.summary(&lobster(), store).await.unwrap().exact.tag.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn the_store_is_asked_once_in_a_lifetime_and_again_after_it() {
        let (reads, store) = (Reads::new(Duration::from_secs(1)), Watched::default());
        for _ in 0..3 {
            assert_eq!(tag(&reads, &store).await, "\"0-0-0-0-0\"");
        }
        // Another instance's write.
        rate(&store).await;
        assert_eq!(
            (tag(&reads, &store).await, store.reads.load(Ordering::Relaxed)),
            ("\"0-0-0-0-0\"".parse().unwrap(), 1)
        );
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(
            (tag(&reads, &store).await, store.reads.load(Ordering::Relaxed)),
            ("\"0-0-0-0-1\"".parse().unwrap(), 2)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_own_write_is_seen_at_once() {
        let (reads, store) = (Reads::new(Duration::from_secs(1)), Watched::default());
        assert_eq!(tag(&reads, &store).await, "\"0-0-0-0-0\"");
        let item = lobster();
        let old = reads.outdated(&item);
        rate(&store).await;
        drop(old);
        assert_eq!(tag(&reads, &store).await, "\"0-0-0-0-1\"");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_read_before_a_write_is_not_kept_after_it() {
        let store = Watched { hold: Some(Default::default()), ..Watched::default() };
        let reads = Reads::new(Duration::from_secs(1));
        let (reading, go_on) = store.hold.as_ref().unwrap();
        let (item, write) = (lobster(), async {
            reading.notified().await;
            rate(&store).await;
        });
        let write = async {
            write.await;
            drop(reads.outdated(&item));
            go_on.notify_one();
        };
        let (before, ()) = tokio::join!(tag(&reads, &store), write);
        assert_eq!(before, "\"0-0-0-0-0\"");
        go_on.notify_one();
        assert_eq!(tag(&reads, &store).await, "\"0-0-0-0-1\"");
    }

    #[tokio::test]
    async fn a_lifetime_of_nothing_asks_every_time() {
        let (reads, store) = (Reads::new(Duration::ZERO), Watched::default());
        for _ in 0..3 {
            tag(&reads, &store).await;
        }
        assert_eq!(store.reads.load(Ordering::Relaxed), 3);
    }
}
