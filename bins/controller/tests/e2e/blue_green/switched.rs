//! When users are switched to the new version, and what becomes of the old one.

use std::time::Duration;

use serde_json::{Value, json};

use super::{always_served, deploy, select, served, until_paused};
use crate::harness::{Case, DEMO, Kind, Seen, deadline, int, tests, text, time};

tests! {
    the_first_version_is_served_by_both_services,
    an_update_is_switched_when_all_its_pods_are_there,
    a_new_version_waits_for_a_user_if_it_is_not_to_be_promoted_by_itself,
    a_new_version_is_promoted_by_itself_after_a_time,
    a_preview_may_be_smaller_until_it_is_promoted,
    a_full_promotion_does_not_wait,
    going_back_within_the_delay_is_switched_at_once,
    old_pods_stay_for_the_delay,
    the_delays_limit_keeps_only_the_last_old_version,
    a_paused_release_is_not_switched,
    both_versions_follow_the_replicas,
    an_active_service_that_is_missing_is_told,
}

fn the_first_version_is_served_by_both_services(case: &Case<'_>) {
    let seen = deploy(case, 2, json!({"autoPromotionEnabled": false}));
    let (status, hash) = (seen.status(DEMO), seen.hash(DEMO, "1"));
    assert_eq!(status["blueGreen"]["activeSelector"], hash);
    assert_eq!(status["blueGreen"]["previewSelector"], hash);
    assert_eq!(text(&status["selector"]), format!("app=demo,rollouts-pod-template-hash={hash}"));
    assert_eq!((int(&status["HPAReplicas"]), status.get("pauseConditions")), (2, None));
    let annotations = &seen.get(Kind::SERVICE, "active")["metadata"]["annotations"];
    assert_eq!(annotations["argo-rollouts.argoproj.io/managed-by-rollouts"], DEMO);
    always_served(case, 2);
}

fn an_update_is_switched_when_all_its_pods_are_there(case: &Case<'_>) {
    deploy(case, 3, json!({"scaleDownDelaySeconds": 1}));
    case.release_with(DEMO, "2", json!({"aviary.test/ready-after": "1s"}));
    case.until_healthy(DEMO);
    let seen = case.until("the old pods are gone", |seen| seen.versions(DEMO) == [("2".to_owned(), 3)]);
    assert!(select(&seen, "2", "2"));
    assert_eq!(served(case), ["1", "2"]);
    always_served(case, 3);
    let mut previewed = false;
    case.replay(|seen, _| previewed |= !seen.set(DEMO, "2").is_null() && select(seen, "1", "2"));
    assert!(previewed, "it was never to be seen before the switch");
    let hash = seen.hash(DEMO, "2").to_owned();
    let told = format!("Rollout completed update to revision 2 ({hash}): Completed blue-green update");
    case.until("it is told", |seen| seen.events(DEMO, "RolloutCompleted").contains(&told.as_str()));
}

fn a_new_version_waits_for_a_user_if_it_is_not_to_be_promoted_by_itself(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false}));
    case.release(DEMO, "2");
    let seen = until_paused(case, "2");
    assert!(select(&seen, "1", "2"));
    assert_eq!(text(&seen.status(DEMO)["message"]), "BlueGreenPause");
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (2, 2));
    assert_eq!(int(&seen.status(DEMO)["HPAReplicas"]), 2, "only the active version counts for an autoscaler");
    case.let_pass("2s");
    assert_eq!(served(case), ["1"]);
    assert_eq!(case.user(&["promote", DEMO]), "rollout 'demo' promoted\n");
    let seen = case.until_healthy(DEMO);
    assert!(select(&seen, "2", "2"));
    assert_eq!(seen.status(DEMO)["stableRS"], json!(seen.hash(DEMO, "2")));
    always_served(case, 2);
    let (code, _, said) = case.command(&["promote", DEMO, "--skip-current-step"]);
    assert_eq!(code, 1);
    assert!(said.contains("Cannot skip steps of a bluegreen rollout. Run without a flags"), "{said}");
}

fn a_new_version_is_promoted_by_itself_after_a_time(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionSeconds": 3}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.until_healthy(DEMO);
    let (waited, _) = case.first("it waits", |seen| seen.status(DEMO)["pauseConditions"].is_array());
    let (_, switched) = case.first("the switch", |seen| {
        !seen.set(DEMO, "2").is_null() && seen.selects("active") == seen.hash(DEMO, "2")
    });
    let end = time(&waited.status(DEMO)["pauseConditions"][0]["startTime"]) + Duration::from_secs(3);
    assert!(switched >= end, "it was switched at {switched}, before {end}");
}

fn a_preview_may_be_smaller_until_it_is_promoted(case: &Case<'_>) {
    deploy(case, 3, json!({"autoPromotionEnabled": false, "previewReplicaCount": 1}));
    case.release(DEMO, "2");
    let seen = until_paused(case, "2");
    assert_eq!((seen.size(DEMO, "1"), seen.size(DEMO, "2")), (3, 1));
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.size(DEMO, "2"), select(&seen, "2", "2")), (3, true));
    always_served(case, 3);
}

fn a_full_promotion_does_not_wait(case: &Case<'_>) {
    deploy(case, 3, json!({"autoPromotionEnabled": false, "previewReplicaCount": 1}));
    case.release_with(DEMO, "2", json!({"aviary.test/ready-after": "1s"}));
    case.until("version 2 is on its way", |seen| {
        seen.status(DEMO)["currentPodHash"] == json!(seen.hash(DEMO, "2")) && seen.size(DEMO, "2") > 0
    });
    assert_eq!(case.user(&["promote", DEMO, "--full"]), "rollout 'demo' fully promoted\n");
    let seen = case.until_healthy(DEMO);
    assert_eq!((seen.size(DEMO, "2"), seen.status(DEMO).get("promoteFull")), (3, None));
    case.replay(|seen, _| assert_eq!(seen.status(DEMO).get("pauseConditions"), None));
    always_served(case, 3);
}

fn delayed(seen: &Seen, version: &str) -> bool {
    deadline(seen.set(DEMO, version)).is_string()
}

fn going_back_within_the_delay_is_switched_at_once(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false, "scaleDownDelaySeconds": 600}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    case.user(&["promote", DEMO]);
    let before =
        case.until("version 1 waits for its end", |seen| seen.is_healthy(DEMO) && delayed(seen, "1"));
    let begin = case.entries().len();
    case.user(&["undo", DEMO]);
    let seen =
        case.until("version 1 is served again", |seen| seen.is_healthy(DEMO) && select(seen, "1", "1"));
    assert_eq!(seen.names_of(DEMO, "1"), before.names_of(DEMO, "1"), "the old pods serve again");
    case.until("version 2 waits for its end", |seen| delayed(seen, "2") && !delayed(seen, "1"));
    let mut number = 0;
    case.replay(|seen, _| {
        number += 1;
        assert!(number < begin || seen.status(DEMO).get("pauseConditions").is_none(), "it waited");
    });
    assert_eq!(served(case), ["1", "2", "1"]);
    always_served(case, 2);
}

fn old_pods_stay_for_the_delay(case: &Case<'_>) {
    deploy(case, 2, json!({"scaleDownDelaySeconds": 4}));
    case.release(DEMO, "2");
    let seen = case.until("the old pods are gone", |seen| seen.versions(DEMO) == [("2".to_owned(), 2)]);
    case.stayed("1", &seen.status(DEMO)["duration"]["finishedAt"], 4);
}

fn the_delays_limit_keeps_only_the_last_old_version(case: &Case<'_>) {
    deploy(case, 1, json!({"scaleDownDelaySeconds": 600, "scaleDownDelayRevisionLimit": 1}));
    case.release(DEMO, "2");
    case.until("version 1 waits for its end", |seen| seen.is_healthy(DEMO) && delayed(seen, "1"));
    case.release(DEMO, "3");
    case.until("only version 2 waits for its end", |seen| {
        seen.is_healthy(DEMO) && delayed(seen, "2") && seen.size(DEMO, "2") == 1 && seen.size(DEMO, "1") == 0
    });
    assert_eq!(served(case), ["1", "2", "3"]);
}

fn a_paused_release_is_not_switched(case: &Case<'_>) {
    deploy(case, 2, json!({}));
    case.user(&["pause", DEMO]);
    case.until("it is paused", |seen| seen.phase(DEMO) == "Paused");
    case.release(DEMO, "2");
    let seen = case.until("the pods of version 2 are there", |seen| seen.available(DEMO, "2") == 2);
    assert_eq!(text(&seen.status(DEMO)["message"]), "manually paused");
    case.let_pass("2s");
    assert!(select(&case.now(), "1", "1"));
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert!(select(&seen, "2", "2"));
    always_served(case, 2);
}

fn both_versions_follow_the_replicas(case: &Case<'_>) {
    deploy(case, 2, json!({"autoPromotionEnabled": false}));
    case.release(DEMO, "2");
    until_paused(case, "2");
    for replicas in [4, 1] {
        case.merge(Kind::ROLLOUT, DEMO, json!({"spec": {"replicas": replicas}}));
        case.until(&format!("both have {replicas}"), |seen| {
            ["1", "2"].iter().all(|version| {
                seen.available(DEMO, version) == replicas && seen.size(DEMO, version) == replicas
            }) && seen.phase(DEMO) == "Paused"
                && seen.is_observed(DEMO)
        });
    }
    case.user(&["promote", DEMO]);
    let seen = case.until_healthy(DEMO);
    assert!(select(&seen, "2", "2"));
}

fn an_active_service_that_is_missing_is_told(case: &Case<'_>) {
    let strategy: Value = json!({"blueGreen": {"activeService": "active"}});
    case.create(Kind::ROLLOUT, crate::harness::rollout(DEMO, 1, strategy));
    let seen = case.until("it is told", |seen| seen.phase(DEMO) == "Degraded");
    let message = text(&seen.status(DEMO)["message"]);
    assert!(
        message.contains("spec.strategy.blueGreen.activeService: Invalid value: \"active\": "),
        "{message}"
    );
    case.create(Kind::SERVICE, crate::harness::service("active", DEMO));
    case.until_healthy(DEMO);
}
