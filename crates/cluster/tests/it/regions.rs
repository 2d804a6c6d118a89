//! Regions that decide together.

use std::time::Duration;

use serde_json::Value;

use crate::manifests::{NAMESPACE, ROLLOUT, openclaw};
use crate::region::{Region, Running};

const HOUR: Duration = Duration::from_secs(3600);

/// Both regions run the first version.
async fn both() -> (Region, Region, [Running; 2]) {
    let (us, eu) =
        (Region::with("us-east-1", &openclaw()).await, Region::with("eu-west-1", &openclaw()).await);
    let running = [us.control(us.settings_beside(&eu)).await, eu.control(eu.settings_beside(&us)).await];
    for region in [&us, &eu] {
        region.promoted(HOUR).await;
    }
    (us, eu, running)
}

async fn release(regions: [&Region; 2]) {
    for region in regions {
        region.set_image(NAMESPACE, ROLLOUT, "openclaw/rating-api:1.5.0").await;
    }
}

fn message(rollout: &Value) -> &str {
    rollout["status"]["message"].as_str().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_one_region_measures_brings_both_back() {
    let (us, eu, _running) = both().await;
    let stable = us.rollout(NAMESPACE, ROLLOUT)["status"]["stableRS"].clone();
    eu.outside.metric("error-rate", Ok(0.2));
    release([&us, &eu]).await;
    let (here, there) = (eu.brought_back(HOUR).await, us.brought_back(HOUR).await);
    assert!(message(&here).contains("Metric \"error-rate\" assessed Failed"), "{}", message(&here));
    assert!(message(&there).contains("region eu-west-1 gave this release up"), "{}", message(&there));
    assert_eq!((&here["status"]["stableRS"], &there["status"]["stableRS"]), (&stable, &stable));
    for region in [&us, &eu] {
        region.showed(&[0, 10, 0]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_in_one_region_promotes_neither() {
    let (us, eu, _running) = both().await;
    eu.outside.fail_checks("$.status is \"degraded\" instead of \"ok\"");
    release([&us, &eu]).await;
    for region in [&us, &eu] {
        let rollout = region.brought_back(HOUR).await;
        assert!(message(&rollout).contains("$.status is \"degraded\""), "{}", message(&rollout));
        region.showed(&[0, 10, 0]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_down_holds_the_gate_and_is_named_until_it_is_back() {
    let (us, eu, [us_running, eu_running]) = both().await;
    eu_running.stop().await;
    release([&us, &eu]).await;
    let at_gate = |rollout: &Value| {
        let gates = rollout["status"]["canary"]["stepPluginStatuses"].as_array();
        gates.is_some_and(|gates| gates.iter().any(|gate| gate["phase"] == "Running"))
    };
    us.until(NAMESPACE, ROLLOUT, HOUR, at_gate).await;
    // Virtual, and longer than the gate's own timeout: its policy is to hold.
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    let held = us.rollout(NAMESPACE, ROLLOUT);
    assert_eq!(held["status"]["currentStepIndex"], 3, "{:#}", held["status"]);
    let said = held["status"]["canary"]["stepPluginStatuses"][0]["message"].as_str().unwrap();
    assert!(said.contains("eu-west-1"), "{said}");
    us.showed(&[0, 10]).await;
    let _eu_running = eu.control(eu.settings_beside(&us)).await;
    for region in [&us, &eu] {
        region.promoted(HOUR).await;
    }
    us_running.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_taken_for_another_one_holds_the_gate_and_is_named() {
    let us = Region::with("us-east-1", &openclaw()).await;
    let mut settings = us.settings();
    settings.peers = [("eu-west-1".to_owned(), us.client())].into();
    let _running = us.control(settings).await;
    us.promoted(HOUR).await;
    us.set_image(NAMESPACE, ROLLOUT, "openclaw/rating-api:1.5.0").await;
    let said = |rollout: &Value| {
        let gate = &rollout["status"]["canary"]["stepPluginStatuses"][0];
        gate["message"].as_str().unwrap_or_default().contains("region \"eu-west-1\" is region \"us-east-1\"")
    };
    let held = us.until(NAMESPACE, ROLLOUT, HOUR, said).await;
    assert_eq!(held["status"]["currentStepIndex"], 3, "{:#}", held["status"]);
}
