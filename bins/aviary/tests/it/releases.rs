//! The three releases end as they must, and the document says so.

use serde_json::Value;

use crate::demo;

fn regions(release: &Value) -> &Vec<Value> {
    let regions = release["regions"].as_array().unwrap();
    let names: Vec<&str> = regions.iter().map(|region| region["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["us-east-1", "eu-west-1"]);
    regions
}

fn count(region: &Value, field: &str) -> u64 {
    region[field].as_u64().unwrap_or_else(|| panic!("{field} of {region}"))
}

#[tokio::test]
async fn a_good_a_bad_and_a_regionally_bad_release_end_as_they_must() {
    let (report, exit) = demo::report("").await;
    let releases = report["releases"].as_array().unwrap();
    let problems: Vec<&Value> = releases.iter().map(|release| &release["problems"]).collect();
    assert_eq!((report["ok"].as_bool(), exit), (Some(true), 0), "{problems:#?}");
    let ends: Vec<[&str; 3]> = releases
        .iter()
        .map(|it| ["name", "expected", "outcome"].map(|field| it[field].as_str().unwrap()))
        .collect();
    assert_eq!(
        ends,
        [
            ["good", "promoted", "promoted"],
            ["bad", "aborted", "aborted"],
            ["bad-region", "aborted", "aborted"],
        ]
    );
    let found_bad_by: Vec<String> = releases.iter().map(|it| it["foundBadBy"].to_string()).collect();
    assert_eq!(found_bad_by, ["[]", r#"["metrics"]"#, r#"["regionGate"]"#]);
    // What it must say, the report says; here, that it is there at all.
    let measured = releases.iter().flat_map(regions).filter(|region| demo::has_measured(region));
    let beside: Vec<&Value> = measured.map(|region| &region["compare"]["dryRun"]).collect();
    assert!(beside.len() >= 5 && beside.iter().all(|dry_run| **dry_run == true), "{beside:?}");
    for region in regions(&releases[0]) {
        assert_eq!(
            (region["phase"].as_str(), count(region, "finalStep")),
            (Some("Healthy"), 13),
            "{region:#}"
        );
        assert_eq!(count(region, "clientErrors"), 0, "a good release fails nobody: {region:#}");
        assert!(count(region, "canaryRequests") > 100 && count(region, "stableRequests") > 100, "{region:#}");
        assert_eq!(region["verdictToZeroSeconds"], Value::Null);
    }
    for region in regions(&releases[1]) {
        assert_eq!(
            (region["phase"].as_str(), count(region, "finalStep")),
            (Some("Degraded"), 2),
            "{region:#}"
        );
        assert_eq!(count(region, "clientErrorsElsewhere"), 0, "only canaries fail: {region:#}");
        assert!(region["verdictToZeroSeconds"].as_f64().unwrap() <= 3.0, "{region:#}");
    }
    // One region may give up, and take the other with it, before the other's few canary requests meet a fault.
    let failures: u64 = regions(&releases[1]).iter().map(|region| count(region, "clientErrors")).sum();
    assert!(failures > 0, "{:#}", releases[1]);
    let failed = demo::failed_metrics(regions(&releases[1]));
    assert!(failed.iter().all(|metric| metric["values"].as_array().unwrap().len() >= 2), "{failed:#?}");
    assert!(!failed.is_empty(), "a verdict has numbers behind it: {:#}", releases[1]);
    for region in regions(&releases[2]) {
        assert_eq!(
            (region["phase"].as_str(), count(region, "finalStep")),
            (Some("Degraded"), 3),
            "{region:#}"
        );
        assert_eq!(count(region, "clientErrors"), 0, "{region:#}");
        assert!(region["message"].as_str().unwrap().contains("$.status is \"degraded\""), "{region:#}");
    }
}
