//! Objects survive being written and read.

use aviary_crd::{Rollout, duration, yaml};
use proptest::prelude::*;
use serde_json::{Value, json};

fn steps() -> impl Strategy<Value = Vec<Value>> {
    let step = prop_oneof![
        (0..=100i32).prop_map(|weight| json!({"setWeight": weight})),
        Just(json!({"pause": {}})),
        (0..1000i32).prop_map(|seconds| json!({"pause": {"duration": seconds}})),
        "[1-9][0-9]{0,3}(s|m|h)".prop_map(|duration| json!({"pause": {"duration": duration}})),
        (0..9i32).prop_map(|replicas| json!({"setCanaryScale": {"replicas": replicas}})),
        "[a-z]{1,8}".prop_map(|name| json!({"plugin": {"name": name, "config": {"n": [1, "a", null]}}})),
    ];
    prop::collection::vec(step, 1..6)
}

prop_compose! {
    fn rollouts()(
        steps in steps(),
        replicas in prop::option::of(0..100i32),
        seconds in prop::option::of(0..2_000_000_000i64),
        labels in prop::collection::btree_map("[a-z]{1,5}", "[a-z0-9]{0,5}", 0..3),
        surge in prop_oneof![(0..9i32).prop_map(Value::from), "[0-9]{1,2}%".prop_map(Value::from)],
        abort in any::<bool>(),
    ) -> Value {
        json!({
            "metadata": {"name": "shop", "labels": labels},
            "spec": {
                "replicas": replicas,
                "restartAt": seconds.map(|seconds| jiff::Timestamp::from_second(seconds).unwrap().to_string()),
                "strategy": {"canary": {"steps": steps, "maxSurge": surge}},
                "template": {"spec": {"containers": [{"name": "c", "fromTheFuture": {"a": null}}]}},
            },
            "status": {"abort": abort, "phase": "", "conditions": null},
        })
    }
}

proptest! {
    #[test]
    fn a_rollout_reads_back_as_it_was_written(value in rollouts()) {
        let rollout: Rollout = serde_json::from_value(value).unwrap();
        let json = serde_json::to_value(&rollout).unwrap();
        prop_assert_eq!(&serde_json::from_value::<Rollout>(json.clone()).unwrap(), &rollout);
        let text = yaml::to_string(&json).unwrap();
        prop_assert_eq!(&yaml::from_str::<Rollout>(&text).unwrap(), &rollout);
    }

    #[test]
    fn whole_seconds_read_as_they_are_meant(hours in 0..99u64, minutes in 0..99u64, seconds in 0..99u64) {
        let text = format!("{hours}h{minutes}m{seconds}s");
        prop_assert_eq!(duration::parse(&text).unwrap().as_secs(), hours * 3600 + minutes * 60 + seconds);
    }
}
