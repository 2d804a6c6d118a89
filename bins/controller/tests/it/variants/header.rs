//! Who sends the header meets the new version, whatever its weight.

use std::collections::BTreeSet;

use crate::helm::Helm;
use crate::local_region::{Local, runs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn testers_meet_the_canary_and_the_others_meet_it_by_weight() {
    let Some(helm) = Helm::find("testers_meet_the_canary_and_the_others_meet_it_by_weight") else { return };
    let local = Local::start().await;
    local.bring(&helm, "header", "image.tag=1.4.0").await;
    local.until("1.4.0 runs", runs("1.4.0")).await;
    let versions = async |headers: &[(&str, &str)], count: usize| {
        let mut versions = BTreeSet::new();
        for _ in 0..count {
            let answer = local.get(headers).await;
            assert_eq!(answer.status, 200);
            versions.insert(answer.version);
        }
        versions
    };
    let beta = [("x-beta", "1")];
    assert_eq!(versions(&beta, 5).await, ["1.4.0".to_owned()].into());

    // It waits at the first weight until somebody promotes it.
    local.bring(&helm, "header", "image.tag=1.5.0,pause=10m").await;
    local
        .until("it pauses at 10 %", |rollout| {
            rollout["status"]["currentStepIndex"] == 1 && rollout["status"]["phase"] == "Paused"
        })
        .await;
    assert_eq!(versions(&beta, 20).await, ["1.5.0".to_owned()].into());
    assert_eq!(versions(&[], 100).await, ["1.4.0".to_owned(), "1.5.0".to_owned()].into());

    local.bring(&helm, "header", "image.tag=1.5.0").await;
    local.until("1.5.0 runs", runs("1.5.0")).await;
    assert_eq!(versions(&beta, 5).await, ["1.5.0".to_owned()].into());
    local.end().await;
}
