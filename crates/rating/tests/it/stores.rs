//! The contract of a store, on each of them, one after another and with many writers at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use aviary_rating::{Distribution, ItemId, MemoryStore, NewRating, SqliteStore, Stars, Store};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::postgres::Postgres;

/// A rating as a test writes it: item, stars, key.
type Given = (u8, u8, Option<u8>);

fn new_rating((_, stars, key): Given) -> NewRating {
    NewRating {
        stars: Stars::new(stars.into()).unwrap(),
        key: key.map(|key| format!("key-{key}")),
        created_at: Timestamp::from_millisecond(1_700_000_000_123).unwrap(),
    }
}

fn item(number: u8) -> ItemId {
    ItemId::new(format!("item-{number}")).unwrap()
}

/// What the service answers for: each key counts once per item, and the answer to it never changes.
async fn check(store: Arc<dyn Store>, given: Vec<Given>, writers: usize) {
    let tasks = (0..writers).map(|writer| {
        let (store, given) = (Arc::clone(&store), given.clone());
        tokio::spawn(async move {
            let mut answers = Vec::new();
            for rating in given.into_iter().skip(writer).step_by(writers) {
                answers.push((rating, store.add(&item(rating.0), new_rating(rating)).await.unwrap()));
            }
            answers
        })
    });
    let answers: Vec<_> =
        futures::future::join_all(tasks).await.into_iter().flat_map(Result::unwrap).collect();
    let mut expected: BTreeMap<u8, Distribution> = BTreeMap::new();
    let mut by_key = BTreeMap::new();
    for ((number, _, key), added) in &answers {
        if let aviary_rating::Added::Stored(rating) = added {
            expected.entry(*number).or_default().add(rating.stars);
        }
        if let Some(key) = key {
            let known = by_key.entry((*number, *key)).or_insert_with(|| added.rating().clone());
            assert_eq!(known, added.rating(), "one key, one rating");
        }
    }
    let keyless = answers.iter().filter(|((_, _, key), _)| key.is_none()).count();
    assert_eq!(expected.values().map(Distribution::count).sum::<u64>(), (keyless + by_key.len()) as u64);
    for number in 0..4 {
        let mut stored: Vec<aviary_rating::Rating> = Vec::new();
        while let page = store.page(&item(number), stored.last().map(|last| last.id), 7).await.unwrap()
            && !page.is_empty()
        {
            stored.extend(page);
        }
        assert!(stored.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first, each once");
        let mut paged = Distribution::default();
        for rating in &stored {
            paged.add(rating.stars);
        }
        assert_eq!(paged, expected.get(&number).copied().unwrap_or_default(), "pages of item {number}");
        let found = store.distribution(&item(number)).await.unwrap();
        assert_eq!(found, expected.get(&number).copied().unwrap_or_default(), "item {number}");
    }
}

fn given() -> impl Strategy<Value = Vec<Given>> {
    prop::collection::vec((0..4_u8, 1..=5_u8, prop::option::of(0..6_u8)), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn aggregates_equal_the_distinct_ratings_under_concurrent_writers(given in given(), writers in 1..8_usize) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let sqlite = SqliteStore::open(&directory.path().join("ratings.db")).await.unwrap();
            check(Arc::new(sqlite), given.clone(), writers).await;
            check(Arc::new(MemoryStore::default()), given, writers).await;
        });
    }
}

/// The same on PostgreSQL: many writers, few items, every key several times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aggregates_in_postgres_equal_the_distinct_ratings_under_concurrent_writers() {
    let name = "aggregates_in_postgres_equal_the_distinct_ratings_under_concurrent_writers";
    let Some(postgres) = Postgres::start(name).await else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for case in 0..12 {
        let given = given().new_tree(&mut runner).unwrap().current();
        let writers = 1 + case % 8;
        check(Arc::new(postgres.store(&format!("case{case}")).await), given, writers).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_rating_is_lost_when_postgres_is_killed_under_load() {
    let name = "no_acknowledged_rating_is_lost_when_postgres_is_killed_under_load";
    let Some(mut postgres) = Postgres::start(name).await else { return };
    let store = Arc::new(postgres.store("killed").await);
    let acknowledged = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8_u32)
        .map(|writer| {
            let (store, acknowledged, stop) =
                (Arc::clone(&store), Arc::clone(&acknowledged), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut kept = Vec::new();
                for number in 0.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let key = format!("{writer}-{number}");
                    let rating = NewRating { key: Some(key.clone()), ..new_rating((0, 5, None)) };
                    // One that was not acknowledged may be stored or not; it may be sent again.
                    if store.add(&item(0), rating).await.is_ok() {
                        kept.push(key);
                        acknowledged.fetch_add(1, Ordering::SeqCst);
                    }
                }
                kept
            })
        })
        .collect();
    let reached = |wanted: u64| {
        let acknowledged = Arc::clone(&acknowledged);
        async move {
            while acknowledged.load(Ordering::SeqCst) < wanted {
                tokio::task::yield_now().await;
            }
        }
    };
    reached(300).await;
    postgres.kill();
    let at_the_kill = acknowledged.load(Ordering::SeqCst);
    postgres.run().await;
    // The service goes on by itself once the database is there again.
    reached(at_the_kill + 300).await;
    stop.store(true, Ordering::SeqCst);
    let kept: Vec<String> =
        futures::future::join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
    for key in &kept {
        let again = NewRating { key: Some(key.clone()), ..new_rating((0, 5, None)) };
        let added = store.add(&item(0), again).await.unwrap();
        assert!(matches!(added, aviary_rating::Added::Known(_)), "the acknowledged rating {key} is lost");
    }
    // What was sent and not acknowledged may be there too, but nothing is counted that is not stored.
    let counted = store.distribution(&item(0)).await.unwrap().count();
    assert!(counted >= kept.len() as u64, "{counted} of {}", kept.len());
}

/// The ratings are sent before the writer's task runs, and so are one batch; one of them cannot be answered.
#[tokio::test]
async fn a_rating_that_cannot_be_answered_spoils_no_other_of_its_batch() {
    let name = "a_rating_that_cannot_be_answered_spoils_no_other_of_its_batch";
    let Some(postgres) = Postgres::start(name).await else { return };
    let store = postgres.store("corrupt").await;
    postgres.sql(
        "corrupt",
        "ALTER TABLE rating DROP CONSTRAINT rating_stars_check;
         INSERT INTO rating (item, stars, idempotency_key, created_at) VALUES ('item-0', 9, 'key-3', 0)",
    );
    let given = (0..6_u8).map(|key| (0, 5, Some(key)));
    let item = item(0);
    let sent: Vec<_> = given.map(|rating| store.add(&item, new_rating(rating))).collect();
    let answers = futures::future::join_all(sent).await;
    for (key, answer) in answers.iter().enumerate() {
        let corrupt = matches!(answer, Err(aviary_rating::StoreError::Corrupt(_)));
        let stored = matches!(answer, Ok(aviary_rating::Added::Stored(_)));
        assert_eq!((corrupt, stored), (key == 3, key != 3), "key-{key}: {answer:?}");
    }
    assert_eq!(store.distribution(&item).await.unwrap().count(), 5);
}

#[tokio::test]
async fn a_database_server_that_cannot_be_reached_is_named_without_its_password() {
    let url = "postgres://rating:s3cret@127.0.0.1:1/ratings";
    let error = aviary_rating::PostgresStore::connect(url).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot use the rating database at 127.0.0.1:1/ratings: "), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    let config = aviary_rating::Config {
        storage: aviary_rating::Storage::Postgres(url.to_owned()),
        ..aviary_rating::Config::default()
    };
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[tokio::test]
async fn ratings_in_a_file_are_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ratings.db");
    let first = SqliteStore::open(&file).await.unwrap();
    let stored = first.add(&item(1), new_rating((1, 4, Some(7)))).await.unwrap();
    drop(first);
    let second = SqliteStore::open(&file).await.unwrap();
    assert_eq!(second.distribution(&item(1)).await.unwrap(), Distribution::new([0, 0, 0, 1, 0]));
    let again = second.add(&item(1), new_rating((1, 4, Some(7)))).await.unwrap();
    assert_eq!(again, aviary_rating::Added::Known(stored.rating().clone()));
}

#[tokio::test]
async fn a_database_that_cannot_be_opened_is_named() {
    let error = SqliteStore::open("/nonexistent/ratings.db".as_ref()).await.unwrap_err().to_string();
    assert!(error.contains("/nonexistent/ratings.db") && error.contains("writable"), "{error}");
}
