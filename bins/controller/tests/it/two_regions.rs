//! Releases through two real control planes, set up as the charts say and held together by the gate.

use crate::authority::Authority;
use crate::cluster::is_promoted;
use crate::region::{Region, Way};

/// Both regions with 1.4.0. Each knows the other by a Secret: one by its cluster, the other by its controller.
fn start(test: &str, authority: &Authority) -> Option<[Region; 2]> {
    let [us, eu] = std::thread::scope(|scope| {
        [("us-east-1", Way::Kubectl), ("eu-west-1", Way::Helm)]
            .map(|(name, way)| scope.spawn(move || Region::start(test, name, way)))
            .map(|thread| thread.join().unwrap())
    });
    let (mut us, mut eu) = (us?, eu?);
    us.meet_cluster(&eu);
    eu.meet_controller(&us, authority);
    us.install("1.4.0");
    eu.install("1.4.0");
    Some([us, eu])
}

fn aborted(rollout: &serde_json::Value) -> bool {
    rollout["status"]["abort"] == true && rollout["status"]["phase"] == "Degraded"
}

#[test]
fn two_regions_are_released_together_and_given_up_together() {
    let authority = Authority::new();
    let test = "two_regions_are_released_together_and_given_up_together";
    let Some(regions) = start(test, &authority) else { return };
    let mut controllers = regions.each_ref().map(|region| region.run_controller(&authority));
    for region in &regions {
        region.until("1.4.0 runs", is_promoted);
    }
    let may = ["configmap/aviary-release-rating-api", "configmap/other", "secret/openclaw-secrets", "pods"];
    assert_eq!(may.map(|what| regions[0].peer_may_get(what)), [true, false, false, false]);
    good(&regions);
    bad(&regions);
    bad_in_one_region(&regions);
    assert!(controllers.iter_mut().all(|controller| controller.is_running()));
}

/// 1.5.0 goes through both, and no region is ahead of the other by more than a gate.
fn good(regions: &[Region; 2]) {
    let [us, eu] = regions;
    us.release("1.5.0");
    // At the first gate it waits for the region that has not begun.
    let waiting = us.until("it waits at the first gate", |rollout| {
        rollout["status"]["currentStepIndex"] == 3 && us.beacon()["verified"] == true
    });
    assert_eq!(waiting["status"]["phase"], "Progressing");
    assert_eq!(us.take_weights(), [0, 10]);
    eu.release("1.5.0");
    for region in regions {
        let name = region.name;
        let rollout = region.until("1.5.0 is promoted", |rollout| {
            is_promoted(rollout) && rollout["status"]["currentStepIndex"] == 13
        });
        assert_eq!(rollout["status"]["message"], serde_json::Value::Null, "{name}");
        let beacon = region.beacon();
        assert_eq!((&beacon["phase"], &beacon["region"]), (&"Promoted".into(), &name.into()), "{beacon}");
        assert_eq!(region.list("analysisruns").len(), 3, "{name}");
    }
    assert_eq!(us.take_weights(), [30, 60, 100, 0]);
    assert_eq!(eu.take_weights(), [0, 10, 30, 60, 100, 0]);
}

/// 1.6.0 is bad by its numbers in both.
fn bad(regions: &[Region; 2]) {
    for region in regions {
        region.metrics.answer(0.5);
        region.release("1.6.0");
    }
    for region in regions {
        let rollout = region.until("1.6.0 is given up", aborted);
        let message = rollout["status"]["message"].as_str().unwrap();
        assert!(
            message.contains("failed (2) > failureLimit (1)") || message.contains("gave this release up"),
            "{message}"
        );
        region.until("1.5.0 serves alone", |_| region.images() == ["openclaw/rating-api:1.5.0"; 4]);
        assert_eq!(region.take_weights(), [10, 0], "{}", region.name);
        region.metrics.answer(0.0);
    }
}

/// 1.7.0 is well by its numbers, but says in eu-west-1 that it is not.
fn bad_in_one_region(regions: &[Region; 2]) {
    let [us, eu] = regions;
    eu.canary.degrade();
    for region in regions {
        region.release("1.7.0");
    }
    let message = |region: &Region| {
        region.until("1.7.0 is given up", aborted)["status"]["message"].as_str().unwrap().to_owned()
    };
    let (here, there) = (message(us), message(eu));
    assert!(there.contains("canary-health: $.status is \"degraded\" instead of \"ok\""), "{there}");
    assert!(here.contains("region eu-west-1 gave this release up"), "{here}");
    for region in regions {
        assert_eq!(region.beacon()["phase"], "Aborted");
        region.until("1.5.0 serves alone", |_| region.images() == ["openclaw/rating-api:1.5.0"; 4]);
        assert_eq!(region.take_weights(), [10, 0], "{}", region.name);
    }
}
