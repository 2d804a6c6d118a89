//! The worked example's real schedule through the whole controller.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::manifests::{NAMESPACE, ROLLOUT, openclaw};
use crate::region::Region;

const HOUR: Duration = Duration::from_secs(3600);

/// Three pauses of five minutes, and three analyses of five readings, half a minute apart.
const SCHEDULE: u64 = 3 * (300 + 120);

/// Releases in every region at the same time, and gives the virtual time that it took.
async fn release(regions: &[&Region]) -> Duration {
    for region in regions {
        region.promoted(HOUR).await;
    }
    let began = regions[0].now();
    for region in regions {
        region.set_image(NAMESPACE, ROLLOUT, "openclaw/rating-api:1.5.0").await;
    }
    for region in regions {
        let rollout = region.promoted(HOUR).await;
        assert_eq!(rollout["status"]["currentStepIndex"], 13);
        region.showed(&[0, 10, 30, 60, 100, 0]).await;
        // Five readings of two metrics at each of three analyses.
        assert_eq!(region.outside.asked().len(), 30);
        // The gates check this region's own canary, once each.
        assert_eq!(region.outside.checked(), ["http://openclaw-rating-api-canary.openclaw.svc"; 3]);
    }
    regions[0].now().duration_since(began).unsigned_abs()
}

/// The worked example for a region that waits for no other.
fn alone() -> Vec<Value> {
    let mut objects = openclaw();
    let rollout = objects.iter_mut().find(|object| object["kind"] == "Rollout").unwrap();
    for step in rollout["spec"]["strategy"]["canary"]["steps"].as_array_mut().unwrap() {
        if let Some(config) = step.pointer_mut("/plugin/config") {
            config["regions"] = json!(["us-east-1"]);
        }
    }
    objects
}

#[tokio::test(start_paused = true)]
async fn the_real_schedule_passes_through_the_whole_controller_in_under_a_second() {
    let mut best = Duration::MAX;
    // Other tests run on the same cores: the quickest of some tells what it takes.
    for _ in 0..5 {
        let wall = Instant::now();
        let region = Region::with("us-east-1", &alone()).await;
        let controller = region.control(region.settings()).await;
        let took = release(&[&region]).await.as_secs();
        assert!((SCHEDULE..SCHEDULE + 120).contains(&took), "{took} s");
        controller.stop().await;
        best = best.min(wall.elapsed());
    }
    assert!(best < Duration::from_secs(1), "{SCHEDULE} virtual seconds took {best:?}");
}

#[tokio::test(start_paused = true)]
async fn two_regions_take_the_real_schedule_together() {
    let (us, eu) =
        (Region::with("us-east-1", &openclaw()).await, Region::with("eu-west-1", &openclaw()).await);
    let _controllers = [us.control(us.settings_beside(&eu)).await, eu.control(eu.settings_beside(&us)).await];
    let took = release(&[&us, &eu]).await.as_secs();
    assert!((SCHEDULE..SCHEDULE + 120).contains(&took), "{took} s");
}
