//! A flag that is on for half of the users comes as a release, and stays with its users.

use std::collections::BTreeMap;

use crate::helm::Helm;
use crate::local_region::{Local, runs};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flag_is_released_and_each_user_keeps_its_variant() {
    let Some(helm) = Helm::find("a_flag_is_released_and_each_user_keeps_its_variant") else { return };
    let local = Local::start().await;
    local.bring(&helm, "flag", "flags=null").await;
    let before = local.until("1.4.0 runs", runs("1.4.0")).await;
    assert_eq!(local.get(&[("x-user-id", "user-1")]).await.variant, "");

    local.bring(&helm, "flag", "").await;
    let after = local.until("the flag is released", |rollout| {
        runs("1.4.0")(rollout) && rollout["status"]["stableRS"] != before["status"]["stableRS"]
    });
    let after = after.await;
    assert_eq!(after["status"]["currentStepIndex"], 10, "{:#}", after["status"]);

    let mut variants: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for round in 0..3 {
        for user in 0..40 {
            let user = format!("user-{user}");
            let variant = local.get(&[("x-user-id", &user)]).await.variant;
            let seen = variants.entry(user).or_default();
            seen.push(variant);
            assert_eq!(seen.len(), round + 1);
        }
    }
    assert!(variants.values().all(|seen| seen.iter().all(|variant| *variant == seen[0])), "{variants:?}");
    let rounded = variants.values().filter(|seen| seen[0] == "rounded").count();
    let exact = variants.values().filter(|seen| seen[0] == "exact").count();
    assert!(rounded + exact == 40 && rounded.min(exact) >= 10, "{rounded} and {exact}");
    for variant in ["rounded", "exact"] {
        let query = format!("sum(http_requests_total{{variant=\"{variant}\"}})");
        assert!(local.measure(&query).await.is_some_and(|count| count > 0.0), "{variant}");
    }
    local.end().await;
}
