//! Users are switched at once to a version that passed its smoke test, and back at once when it fails them.

use std::collections::BTreeSet;

use crate::helm::Helm;
use crate::local_region::{BAD, Local, runs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_switched_at_once_and_brought_back_at_once() {
    let Some(helm) = Helm::find("users_are_switched_at_once_and_brought_back_at_once") else { return };
    let local = Local::start().await;
    // The preview has no address outside the cluster: its smoke test comes in through the gateway.
    let smoke = format!(
        "route.hostnames={{api.openclaw.example.com,localhost}},blueGreen.smoke.url=http://localhost:{}/healthz,\
         blueGreen.smoke.headers[0].key=x-preview,blueGreen.smoke.headers[0].value=yes",
        local.region.gateway_addr().port()
    );
    let bring = async |more: &str| {
        local.bring(&helm, "blue-green", &format!("route.header.value=yes,{smoke},{more}")).await;
    };
    let met = async |headers: &[(&str, &str)]| {
        let mut versions = BTreeSet::new();
        for _ in 0..30 {
            versions.insert(local.get(headers).await.version);
        }
        versions
    };
    bring("image.tag=1.4.0").await;
    local.until("1.4.0 runs", runs("1.4.0")).await;

    // A person looks first, at one pod that nobody else meets.
    bring(
        "image.tag=1.5.0,analysis.count=8,analysis.inconclusiveLimit=8,blueGreen.autoPromotionEnabled=false",
    )
    .await;
    local.until("it waits for a person", |rollout| rollout["status"]["message"] == "BlueGreenPause").await;
    assert_eq!(met(&[("x-preview", "yes")]).await, ["1.5.0".to_owned()].into());
    assert_eq!(met(&[]).await, ["1.4.0".to_owned()].into());
    bring("image.tag=1.5.0,analysis.count=8,analysis.inconclusiveLimit=8").await;
    local.until("1.5.0 runs", runs("1.5.0")).await;
    assert_eq!(met(&[]).await, ["1.5.0".to_owned()].into());

    // It passes the smoke test, and fails its users.
    bring(&format!("image.tag={BAD}")).await;
    let given_up = local.until("it is given up", |rollout| rollout["status"]["abort"] == true).await;
    let why = given_up["status"]["message"].as_str().unwrap();
    assert!(why.contains("post-promotion analysis phase error/failed: Metric \"error-rate\""), "{why}");
    local
        .until("users are back", |rollout| {
            rollout["status"]["blueGreen"]["activeSelector"] == rollout["status"]["stableRS"]
        })
        .await;
    local.until_met("1.5.0").await;
    assert_eq!(met(&[]).await, ["1.5.0".to_owned()].into());
    local.end().await;
}
