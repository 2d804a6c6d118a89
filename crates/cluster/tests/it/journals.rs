//! Decision journals, written by the whole controller.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aviary_cluster::{Settings, observe};
use journal::{Actor, Entry, Journal};
use kube::client::Body;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::manifests::{NAMESPACE, ROLLOUT, openclaw, shop};
use crate::region::{Region, Running, is_promoted};
use crate::waiting::settled;

const HOUR: Duration = Duration::from_secs(3600);

/// Settings of a controller that keeps so many decisions.
pub(crate) fn keeping(region: &Region, most: usize) -> Settings {
    Settings { decision_journal: NonZeroUsize::new(most), ..region.settings() }
}

/// The journal of a Rollout, if there is one.
pub(crate) fn read(region: &Region, namespace: &str, rollout: &str) -> Option<Journal> {
    let config_map = region.object("", "configmaps", namespace, &journal::name(rollout))?;
    Some(journal::read(config_map).unwrap())
}

fn entries(region: &Region, namespace: &str, rollout: &str) -> Vec<Entry> {
    read(region, namespace, rollout).unwrap().entries().unwrap()
}

/// Releases version 2 of the shop.
async fn release(region: &Region) {
    region.until("default", "shop", HOUR, is_promoted).await;
    region.set_image("default", "shop", "shop:2").await;
    region.until("default", "shop", HOUR, is_promoted).await;
    // The journal is written after the status.
    settled().await;
}

#[tokio::test(start_paused = true)]
async fn every_decision_of_a_release_stands_in_its_journal_and_is_decided_again() {
    let (us, eu) =
        (Region::with("us-east-1", &openclaw()).await, Region::with("eu-west-1", &openclaw()).await);
    let journal = NonZeroUsize::new(1_000);
    let _controllers = [
        us.control(Settings { decision_journal: journal, ..us.settings_beside(&eu) }).await,
        eu.control(eu.settings_beside(&us)).await,
    ];
    for region in [&us, &eu] {
        region.promoted(HOUR).await;
        region.set_image(NAMESPACE, ROLLOUT, "openclaw/rating-api:1.5.0").await;
    }
    for region in [&us, &eu] {
        region.promoted(HOUR).await;
    }
    // The old version's pods stay for a while: that they go is a decision, too.
    us.until_any("apps", "replicasets", HOUR, |set| set["spec"]["replicas"] == 0).await;
    settled().await;
    assert_eq!(read(&eu, NAMESPACE, ROLLOUT), None, "it is off by default");

    let entries = entries(&us, NAMESPACE, ROLLOUT);
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=entries.len() as u64).collect::<Vec<_>>());
    assert!(entries.len() > 60, "{}", entries.len());
    for entry in &entries {
        assert_eq!((entry.missed, entry.replay().unwrap()), (0, vec![]), "entry {}", entry.number);
    }
    let rules: Vec<String> =
        entries.iter().flat_map(|entry| entry.told().because).map(|(rule, _)| rule).collect();
    for rule in ["traffic.verify", "pause.timed", "analysis.wait", "gate.wait", "scale.drain"] {
        assert!(rules.iter().any(|told| told == rule), "{rule}: {rules:?}");
    }
    let of_a_user = |pair: &&[Entry]| pair[1].since(Some(&pair[0])).0 == Actor::User;
    assert_eq!(
        entries.windows(2).filter(of_a_user).count(),
        1,
        "the new image is the only thing that a user did"
    );

    let config_map = us.object("", "configmaps", NAMESPACE, &journal::name(ROLLOUT)).unwrap();
    let rollout = us.rollout(NAMESPACE, ROLLOUT);
    assert_eq!(config_map["metadata"]["ownerReferences"][0]["uid"], rollout["metadata"]["uid"]);
    let bytes = journal::written(&config_map).unwrap().len();
    assert!(bytes < 2_000 * entries.len(), "{bytes} bytes for {} entries", entries.len());
}

#[tokio::test(start_paused = true)]
async fn a_journal_keeps_the_last_decisions_and_goes_on_after_a_restart() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let first = region.control(keeping(&region, 5)).await;
    release(&region).await;
    first.stop().await;
    let before = entries(&region, "default", "shop");
    assert_eq!(before.len(), 5);
    let last = before.last().unwrap().number;
    assert!(last > 10, "{last}");

    let second = region.control(keeping(&region, 5)).await;
    region.change("default", "shop", json!({"spec": {"paused": true}})).await;
    region.until("default", "shop", HOUR, |rollout| rollout["status"]["phase"] == "Paused").await;
    // Stopped in good order, what was decided last is written first.
    second.stop().await;
    let after = entries(&region, "default", "shop");
    assert!(after.last().unwrap().number > last && after.len() == 5);
    let paused =
        after.iter().find(|entry| entry.told().because.iter().any(|(rule, _)| rule == "spec.paused"));
    assert!(paused.is_some(), "{:?}", after.iter().map(Entry::told).collect::<Vec<_>>());
    assert!(after.iter().all(|entry| entry.replay().unwrap().is_empty()));
}

/// Refuses writes of journals for as long as `refuses` says so.
fn refusing(refuses: &Arc<AtomicBool>, request: &http::Request<Body>) -> bool {
    let journal = request.uri().path().contains("/configmaps");
    journal && request.method() != http::Method::GET && refuses.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_cannot_be_written_stops_no_release_and_says_later_what_it_lacks() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let refuses = Arc::new(AtomicBool::new(true));
    let (server, asked) = (region.server.service(), Arc::clone(&refuses));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let (server, refused) = (server.clone(), refusing(&asked, &request));
        async move {
            if refused {
                // Never answered: the worst that a server can do.
                std::future::pending::<()>().await;
            }
            server.oneshot(request).await
        }
    });
    let _running = Running::start(service, keeping(&region, 100)).await;
    let began = region.now();
    release(&region).await;
    let took = region.now().duration_since(began).as_secs();
    assert!(took < 200, "{took} s: nothing waited for the journal");
    assert_eq!(read(&region, "default", "shop"), None);

    // What still waits is given up, one after another: in virtual time, for that is all that ends it.
    tokio::time::sleep(Duration::from_secs(600)).await;
    refuses.store(false, Ordering::Relaxed);
    region.set_image("default", "shop", "shop:3").await;
    region.until("default", "shop", HOUR, is_promoted).await;
    settled().await;
    let entries = entries(&region, "default", "shop");
    assert!(entries[0].missed > 10, "{}", entries[0].missed);
    assert!(entries[1..].iter().all(|entry| entry.missed == 0));
}

#[tokio::test(start_paused = true)]
async fn a_config_map_of_somebody_else_is_left_alone() {
    let theirs = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"mine": "yes"},
        "metadata": {"name": "shop-decisions", "namespace": "default"},
    });
    let region = Region::with("us-east-1", &[shop("shop"), theirs]).await;
    let _running = region.control(keeping(&region, 100)).await;
    release(&region).await;
    let found = region.object("", "configmaps", "default", "shop-decisions").unwrap();
    assert_eq!((&found["data"]["mine"], &found["binaryData"]), (&json!("yes"), &Value::Null));
}

#[tokio::test(start_paused = true)]
async fn a_pass_that_was_carried_out_in_part_is_marked_with_the_reason() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let server = region.server.service();
    let fails = Arc::new(AtomicBool::new(true));
    let service = tower::service_fn(move |request: http::Request<Body>| {
        let sets = request.uri().path().ends_with("/replicasets") && request.method() == http::Method::POST;
        let (server, fails) = (server.clone(), sets && fails.swap(false, Ordering::Relaxed));
        async move {
            if fails {
                return Err("the line is dead".into());
            }
            server.oneshot(request).await.map_err(tower::BoxError::from)
        }
    });
    let _running = Running::start(service, keeping(&region, 100)).await;
    region.until("default", "shop", HOUR, is_promoted).await;
    settled().await;
    let entries = entries(&region, "default", "shop");
    let failed: Vec<&str> = entries.iter().filter_map(|entry| entry.failure.as_deref()).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].starts_with("cannot create ReplicaSet default/shop-"), "{failed:?}");
    // It is decided again, and by nobody else.
    let (actor, _) = entries[1].since(Some(&entries[0]));
    assert_eq!(actor, Actor::Controller);
}

#[tokio::test(start_paused = true)]
async fn who_only_reads_sees_what_the_controller_sees() {
    let (us, eu) =
        (Region::with("us-east-1", &openclaw()).await, Region::with("eu-west-1", &openclaw()).await);
    let (hears, silent) = (us.settings_beside(&eu), eu.settings());
    let _controllers = [us.control(hears).await, eu.control(silent).await];
    for region in [&us, &eu] {
        region.promoted(HOUR).await;
    }
    // Only one region releases: it waits at its first gate.
    us.set_image(NAMESPACE, ROLLOUT, "openclaw/rating-api:1.5.0").await;
    us.until(NAMESPACE, ROLLOUT, HOUR, |rollout| rollout["status"]["currentStepIndex"] == 3).await;
    // It has told what it waits for, and nothing else is left to do.
    settled().await;
    let mut observed = observe(&us.client(), NAMESPACE, ROLLOUT).await.unwrap().unwrap();
    observed.answers = rollout::recalled(&observed, us.now());
    let why = rollout::explain(&observed, &rollout::reconcile(&observed, us.now()), us.now());
    assert_eq!(why.waits[0].reason.rule, "gate.wait");
    assert!(why.waits[0].reason.detail.contains("eu-west-1"), "{}", why.waits[0].reason.detail);
    assert_eq!(why.step.unwrap().number, 4);
    assert_eq!(why.next, Vec::<String>::new(), "the controller has done what there was to do");
    assert_eq!(observe(&us.client(), NAMESPACE, "other").await.unwrap(), None);
}
