//! A release is judged by what another region measures of the same version.

use std::collections::BTreeMap;

use crate::helm::Helm;
use crate::local_region::{BAD, Local, runs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_that_is_bad_elsewhere_is_given_up_here() {
    let Some(helm) = Helm::find("a_version_that_is_bad_elsewhere_is_given_up_here") else { return };
    // The version's faults show in the other region alone.
    let (here, there) = (Local::with(BTreeMap::new()).await, Local::start().await);
    for region in [&here, &there] {
        region.bring(&helm, "header", "image.tag=1.4.0").await;
    }
    for region in [&here, &there] {
        region.until("1.4.0 runs", runs("1.4.0")).await;
    }
    there.bring(&helm, "header", &format!("image.tag={BAD},pause=10m")).await;
    there
        .until("it pauses at 10 %", |rollout| {
            rollout["status"]["currentStepIndex"] == 1 && rollout["status"]["phase"] == "Paused"
        })
        .await;
    let theirs = format!("analysis.prometheus.address=http://{}", there.region.prometheus_addr());
    here.bring(&helm, "header", &format!("image.tag={BAD},{theirs}")).await;
    let rollout = here.until("it is given up", |rollout| rollout["status"]["abort"] == true).await;
    let message = rollout["status"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("Metric \"error-rate\" assessed Failed"), "{message}");
    assert_eq!(rollout["status"]["currentPodHash"], there.rollout().await["status"]["currentPodHash"]);
    here.end().await;
    there.end().await;
}
