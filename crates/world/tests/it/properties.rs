//! What holds whatever is asked of the world.

use std::collections::BTreeMap;

use aviary_world::{PatchType, WatchEventType};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Cluster, plain};

#[derive(Clone, Debug)]
enum Deed {
    Create(u8),
    Merge(u8, u8),
    Json(u8),
    Apply(u8, u8, u8),
    Delete(u8, bool),
    Release(u8),
}

fn deed() -> impl Strategy<Value = Deed> {
    let name = 0_u8..4;
    prop_oneof![
        name.clone().prop_map(Deed::Create),
        (name.clone(), any::<u8>()).prop_map(|(name, value)| Deed::Merge(name, value)),
        name.clone().prop_map(Deed::Json),
        (name.clone(), 0_u8..3, any::<u8>())
            .prop_map(|(name, manager, value)| Deed::Apply(name, manager, value)),
        (name.clone(), any::<bool>()).prop_map(|(name, stale)| Deed::Delete(name, stale)),
        name.prop_map(Deed::Release),
    ]
}

fn perform(cluster: &mut Cluster, deed: &Deed) {
    let path = "v1/configmaps";
    let name = |n: &u8| format!("map-{n}");
    // That some of these are refused is part of the game.
    let _ = match deed {
        Deed::Create(n) => {
            let finalizers = if n % 2 == 0 { json!(["example.com/hold"]) } else { json!([]) };
            cluster.create(path, json!({"metadata": {"name": name(n), "finalizers": finalizers}, "data": {"n": n.to_string()}}))
        }
        Deed::Merge(n, value) => cluster.merge(path, &name(n), json!({"data": {"x": value.to_string()}})),
        Deed::Json(n) => {
            let patch =
                json!([{"op": "test", "path": "/data/x", "value": "7"}, {"op": "remove", "path": "/data/x"}]);
            cluster.patch(path, &name(n), PatchType::Json, patch)
        }
        Deed::Apply(n, manager, value) => {
            let config =
                json!({"metadata": {"name": name(n)}, "data": {format!("m{manager}"): value.to_string()}});
            cluster.apply(path, &name(n), &format!("manager-{manager}"), config)
        }
        Deed::Delete(n, stale) => {
            let options = if *stale { json!({"preconditions": {"uid": "other"}}) } else { json!({}) };
            cluster.delete(path, &name(n), options)
        }
        Deed::Release(n) => cluster.merge(path, &name(n), json!({"metadata": {"finalizers": null}})),
    };
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn versions_rise_and_a_watch_rebuilds_the_store(deeds in prop::collection::vec(deed(), 0..60)) {
        let mut cluster = Cluster::new();
        let begin = cluster.world.version();
        for deed in &deeds {
            perform(&mut cluster, deed);
        }
        let mut rebuilt: BTreeMap<String, Value> = BTreeMap::new();
        let mut last = begin;
        for event in cluster.world.events_after(begin).unwrap() {
            prop_assert_eq!(event.version, last + 1);
            prop_assert_eq!(&event.object["metadata"]["resourceVersion"], &json!(event.version.to_string()));
            last = event.version;
            let name = event.object["metadata"]["name"].as_str().unwrap().to_owned();
            let known = rebuilt.remove(&name);
            prop_assert_eq!(known.as_ref(), event.previous.as_deref());
            prop_assert_eq!(event.kind == WatchEventType::Added, known.is_none());
            if event.kind != WatchEventType::Deleted {
                rebuilt.insert(name, Value::clone(&event.object));
            }
        }
        prop_assert_eq!(last, cluster.world.version());
        let stored: Vec<Value> = cluster.world.objects("", "configmaps", "").map(|object| Value::clone(object)).collect();
        prop_assert_eq!(rebuilt.into_values().collect::<Vec<_>>(), stored);
    }

    #[test]
    fn what_a_manager_applied_and_takes_back_leaves_nothing(
        labels in prop::collection::btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..4),
        data in prop::collection::btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..4),
        more in prop::collection::btree_map("[a-z]{1,3}", "[a-z]{0,3}", 0..4),
    ) {
        let mut cluster = Cluster::new();
        let before = cluster.create("v1/configmaps", json!({"metadata": {"name": "map"}})).unwrap();
        let config = json!({"metadata": {"name": "map", "labels": labels}, "data": data});
        cluster.apply("v1/configmaps", "map", "one", config).unwrap();
        let config = json!({"metadata": {"name": "map"}, "data": more});
        // Where the two disagree the second is refused, and owns nothing.
        let _ = cluster.apply("v1/configmaps", "map", "two", config);
        let nothing = json!({"metadata": {"name": "map"}});
        cluster.apply("v1/configmaps", "map", "one", nothing.clone()).unwrap();
        let after = cluster.apply("v1/configmaps", "map", "two", nothing).unwrap();
        prop_assert_eq!(plain(&after), plain(&before));
    }

    #[test]
    fn no_update_is_lost(writers in prop::collection::vec((0_usize..4, any::<bool>()), 1..40)) {
        // Four writers count up by read and conditional write; a refused one reads again.
        let mut cluster = Cluster::new();
        let first = cluster.create("v1/configmaps", json!({"metadata": {"name": "map"}, "data": {"n": "0"}})).unwrap();
        let mut seen = vec![first; 4];
        let mut written = 0;
        for (writer, read) in writers {
            if read {
                seen[writer] = cluster.get("v1/configmaps", "map").unwrap();
                continue;
            }
            let mut object = Value::clone(&seen[writer]);
            let count: u32 = object["data"]["n"].as_str().unwrap().parse().unwrap();
            object["data"]["n"] = json!((count + 1).to_string());
            match cluster.update("v1/configmaps", object) {
                Ok(stored) => { seen[writer] = stored; written += 1; }
                Err(refusal) => prop_assert_eq!(refusal.reason, "Conflict"),
            }
        }
        prop_assert_eq!(&cluster.get("v1/configmaps", "map").unwrap()["data"]["n"], &json!(written.to_string()));
    }
}
