//! Gates: when may a region go on?

use std::collections::BTreeMap;

use aviary_regions::gate::{Answer, GateConfig, Heard, Question, verdict};
use crd::{Beacon, BeaconPhase};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

const RELEASE: &str = "rating-api:v2";
const GATE: i32 = 2;
const NOW: i64 = 1_000_000;

fn config() -> GateConfig {
    GateConfig::parse(&json!({"group": "rating", "regions": ["east", "west"]})).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn beacon(step: i32, verified: bool, phase: BeaconPhase) -> Beacon {
    Beacon {
        group: "rating".to_owned(),
        release: RELEASE.to_owned(),
        region: "west".to_owned(),
        step,
        phase,
        verified,
        weight: 10,
        message: String::new(),
        sequence: 1,
        time: now().into(),
        expires: crd::Time::from(now()).plus_seconds(30),
    }
}

fn judge(heard: Heard, local: Option<Result<(), String>>) -> Answer {
    judge_by(&config(), heard, local)
}

fn judge_by(config: &GateConfig, heard: Heard, local: Option<Result<(), String>>) -> Answer {
    let question = Question { release: RELEASE, gate: GATE, at_gate: true, local: local.as_ref() };
    verdict(config, &question, &BTreeMap::from([("west".to_owned(), heard)]), now())
}

fn passed(answer: &Answer) -> bool {
    matches!(answer, Answer::Passed(_))
}

#[test]
fn a_gate_opens_when_every_region_is_verified_at_it_or_beyond() {
    for (step, verified) in [(GATE, true), (GATE + 1, false)] {
        let heard = Ok(Some(beacon(step, verified, BeaconPhase::Progressing)));
        assert!(passed(&judge(heard, Some(Ok(())))));
    }
    assert!(passed(&judge(Ok(Some(beacon(0, false, BeaconPhase::Promoted))), Some(Ok(())))));
}

#[test]
fn a_gate_waits_for_a_region_that_is_behind_and_says_for_whom() {
    let behind = Ok(Some(beacon(GATE - 1, true, BeaconPhase::Progressing)));
    assert_eq!(judge(behind, Some(Ok(()))), Answer::Waiting("region west is at step 1 of 2".to_owned()));
    assert_eq!(
        judge(Ok(None), Some(Ok(()))),
        Answer::Waiting("region west has not begun this release".to_owned())
    );
}

#[test]
fn an_abort_elsewhere_fails_the_gate_here() {
    let heard =
        Ok(Some(Beacon { message: "5xx over 1 %".to_owned(), ..beacon(0, false, BeaconPhase::Aborted) }));
    let failed = Answer::Failed("region west gave this release up: 5xx over 1 %".to_owned());
    assert_eq!(judge(heard, Some(Ok(()))), failed);
}

#[test]
fn an_abort_of_another_release_means_nothing_here() {
    let old = Beacon { release: "rating-api:v1".to_owned(), ..beacon(0, false, BeaconPhase::Aborted) };
    let waiting = Answer::Waiting("region west has not begun this release".to_owned());
    assert_eq!(judge(Ok(Some(old)), Some(Ok(()))), waiting);
}

#[test]
fn own_checks_that_fail_end_the_release() {
    let heard = Ok(Some(beacon(GATE, true, BeaconPhase::Progressing)));
    let failed = Answer::Failed("own checks: health: status 500 instead of 200".to_owned());
    assert_eq!(judge(heard, Some(Err("health: status 500 instead of 200".to_owned()))), failed);
}

#[test]
fn a_wave_waits_until_the_others_have_finished() {
    let wave = GateConfig::parse(&json!({"group": "rating", "mode": "wave", "regions": ["west"]})).unwrap();
    let waiting = Answer::Waiting("region west has not finished this release".to_owned());
    let ahead = Ok(Some(beacon(GATE + 1, true, BeaconPhase::Progressing)));
    assert_eq!(judge_by(&wave, ahead, Some(Ok(()))), waiting);
    let finished = Ok(Some(beacon(GATE + 1, true, BeaconPhase::Promoted)));
    let passed = Answer::Passed("all of west have finished this release".to_owned());
    assert_eq!(judge_by(&wave, finished, Some(Ok(()))), passed);
}

#[test]
fn a_region_that_nobody_asked_is_silent_too() {
    let three = GateConfig::parse(&json!({"group": "rating", "regions": ["east", "west", "south"]})).unwrap();
    let there = Ok(Some(beacon(GATE, true, BeaconPhase::Progressing)));
    let silent = Answer::Partitioned("nothing was heard of all but one of east, south".to_owned());
    assert_eq!(judge_by(&three, there, Some(Ok(()))), silent);
}

/// Three regions of which two suffice: this one and the peers `west` and `south`.
fn two_of_three(west: Heard, south: Heard) -> Answer {
    let config = json!({"group": "rating", "regions": ["east", "west", "south"], "quorum": 2});
    let config = GateConfig::parse(&config).unwrap();
    let peers = BTreeMap::from([("west".to_owned(), west), ("south".to_owned(), south)]);
    let local = Ok(());
    let question = Question { release: RELEASE, gate: GATE, at_gate: true, local: Some(&local) };
    verdict(&config, &question, &peers, now())
}

#[test]
fn a_quorum_goes_on_without_the_last_region_and_says_so() {
    let there = || Ok(Some(beacon(GATE, true, BeaconPhase::Progressing)));
    let behind = || Ok(Some(beacon(GATE - 1, true, BeaconPhase::Progressing)));
    let silent = || Err("timed out".to_owned());
    let Answer::Passed(said) = two_of_three(there(), silent()) else { panic!() };
    assert_eq!(
        said,
        "enough of east, west, south are verified at this step (region south cannot be reached: timed out)"
    );
    assert!(passed(&two_of_three(there(), behind())));
    assert!(!passed(&two_of_three(behind(), behind())));
    assert!(matches!(two_of_three(silent(), silent()), Answer::Partitioned(_)));
    assert!(matches!(two_of_three(silent(), behind()), Answer::Partitioned(_)));
    // An abort is no vote: it counts whatever the others say.
    let aborted = Ok(Some(beacon(GATE, true, BeaconPhase::Aborted)));
    assert!(matches!(two_of_three(there(), aborted), Answer::Failed(_)));
}

#[test]
fn a_quorum_that_cannot_be_is_refused() {
    for quorum in [0, 3] {
        let config = json!({"group": "g", "regions": ["a", "b"], "quorum": quorum});
        let error = GateConfig::parse(&config).unwrap_err().to_string();
        assert_eq!(error, format!("config.quorum: {quorum} of 2 regions; write a number from 1 to 2"));
    }
}

#[test]
fn a_gate_without_regions_is_refused() {
    let error = GateConfig::parse(&json!({"group": "g", "regions": []})).unwrap_err().to_string();
    assert_eq!(error, "config.regions: there is none; name the regions that release together");
}

#[test]
fn a_misspelt_field_is_named() {
    let error = GateConfig::parse(&json!({"group": "g", "regions": [], "onPeerFail": "abort"}))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("config: unknown field `onPeerFail`"), "{error}");
}

proptest! {
    /// I12: no region passes unless every peer said, freshly and of this release, that it is there.
    #[test]
    fn silence_is_a_partition_never_health(
        age in -60..60i64, step in 0..5i32, verified: bool, same: bool, local: bool, reachable: bool,
    ) {
        let said = Beacon {
            expires: crd::Time::from(now()).plus_seconds(-age),
            release: if same { RELEASE.to_owned() } else { "other".to_owned() },
            ..beacon(step, verified, BeaconPhase::Progressing)
        };
        let heard = if reachable { Ok(Some(said)) } else { Err("timed out".to_owned()) };
        let answer = judge(heard, local.then_some(Ok(())));
        let there = step > GATE || (step == GATE && verified);
        // Clocks may differ by ten seconds.
        let fresh = age <= 10;
        prop_assert_eq!(passed(&answer), reachable && fresh && same && there && local);
        prop_assert_eq!(matches!(answer, Answer::Partitioned(_)), !reachable || !fresh);
    }
}

#[test]
fn a_check_at_a_gate_asks_for_the_version_that_is_released() {
    let checks = json!([{"name": "v", "version": {"equals": "{version}"}}]);
    let gate = json!({"group": "rating", "regions": ["east", "west"], "checks": checks});
    let check = GateConfig::parse(&gate).unwrap().checks.remove(0);
    for (release, version) in [
        ("openclaw/rating-api:1.5.0", "1.5.0"),
        ("registry:5000/rating-api:1.5.0@sha256:abc,sidecar:2", "1.5.0"),
        ("november", "november"),
    ] {
        assert_eq!(check.of_release(release).version.unwrap().equals, version, "{release}");
    }
}
