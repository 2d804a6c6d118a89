//! Two controllers, one lease.

use std::time::Duration;

use aviary_cluster::{Ended, Settings};

use crate::manifests::shop;
use crate::region::{Region, Running, is_promoted, lease};

const HOUR: Duration = Duration::from_secs(3600);

async fn candidate(region: &Region, identity: &str) -> Running {
    region.control(Settings { lease: Some(lease(identity)), ..region.settings() }).await
}

fn holder(region: &Region) -> String {
    let lease = region.object("coordination.k8s.io", "leases", "default", "argo-rollouts-controller-lock");
    lease.unwrap()["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_second_controller_waits_and_takes_over_when_the_first_is_gone() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let first = candidate(&region, "first").await;
    region.until("default", "shop", HOUR, is_promoted).await;
    let second = candidate(&region, "second").await;
    // Virtual: the second tries to get it more than a thousand times.
    tokio::time::sleep(HOUR).await;
    assert_eq!(holder(&region), "first");
    first.kill();
    region.set_image("default", "shop", "shop:2").await;
    // Nobody looks after it before the lease has run out; the time is virtual.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(region.list("apps/v1", "ReplicaSet").await.len(), 1);
    region.until("default", "shop", HOUR, is_promoted).await;
    assert_eq!(holder(&region), "second");
    assert_eq!(second.stop().await, Ended::Stopped);
    assert_eq!(holder(&region), "", "who leaves gives the lease back");
}

#[tokio::test(start_paused = true)]
async fn a_controller_that_lost_its_lease_writes_nothing_more() {
    let region = Region::with("us-east-1", &[shop("shop")]).await;
    let mut first = candidate(&region, "first").await;
    region.until("default", "shop", HOUR, is_promoted).await;
    // Somebody takes the lease by force, as after a partition.
    region.take_lease("thief").await;
    let ended = tokio::time::timeout(Duration::from_secs(15), first.ended()).await;
    assert_eq!(ended, Ok(Ended::LeaseLost), "it ends, so that it can be started anew");
    region.set_image("default", "shop", "shop:2").await;
    // Virtual: long enough for whatever it may have left running to look again.
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(region.list("apps/v1", "ReplicaSet").await.len(), 1);
    assert_eq!(holder(&region), "thief");
}
