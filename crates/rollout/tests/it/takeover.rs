//! Another controller left a release half-way, and named its versions by its own hashes: we go on from there.
//!
//! The traces show that our state after each pass is the public controller's. Here every version is given another hash,
//! as a controller that hashes templates differently would have done: what is decided must not depend on it.

use crd::{AnalysisRun, ReplicaSet, Rollout, Service};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::harness::Cluster;

const ROUTED: &str = "canaryService: canary, stableService: stable, \
                      trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}";

/// New names for the versions, as a foreign hash would make them.
fn foreign(cluster: &Cluster) -> Vec<(String, String)> {
    let hashes = cluster.sets.iter().map(|set| set.hash().to_owned());
    hashes.enumerate().map(|(index, hash)| (hash, format!("7d4b8c9f5{index}"))).collect()
}

fn renamed(text: &str, names: &[(String, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs))
}

fn translated<T: Serialize + DeserializeOwned>(object: &T, names: &[(String, String)]) -> T {
    let text = serde_json::to_string(object).expect("JSON");
    serde_json::from_str(&renamed(&text, names)).expect("still an object of its kind")
}

fn translate(cluster: &Cluster, names: &[(String, String)]) -> Cluster {
    let mut other = cluster.clone();
    other.rollout = translated::<Rollout>(&cluster.rollout, names);
    other.sets = cluster.sets.iter().map(|set| translated::<ReplicaSet>(set, names)).collect();
    other.runs = cluster.runs.iter().map(|run| translated::<AnalysisRun>(run, names)).collect();
    let services = cluster.services.iter();
    other.services =
        services.map(|(name, service)| (name.clone(), translated::<Service>(service, names))).collect();
    other
}

/// Compares what is decided pass by pass, with our names and with foreign ones.
fn goes_on(what: &str, mut ours: Cluster, passes: usize) {
    let names = foreign(&ours);
    let mut theirs = translate(&ours, &names);
    for pass in 0..passes {
        let (wanted, found) = (ours.decide(), theirs.decide());
        let (wanted, text) = (renamed(&format!("{wanted:#?}"), &names), format!("{found:#?}"));
        assert_eq!(text, wanted, "{what}, pass {pass}");
        assert!(!text.contains("Create {"), "{what}, pass {pass}: {text}");
        let decision = ours.decide();
        ours.carry_out(&decision);
        theirs.carry_out(&found);
        ours.settle();
        theirs.settle();
    }
    assert_eq!(translate(&ours, &names).rollout, theirs.rollout, "{what}");
}

fn released(spec: &str, passes: usize) -> Cluster {
    let mut cluster = Cluster::new(spec);
    for pass in 0..8 + passes {
        if pass == 8 {
            cluster.set_image("demo:v2");
        }
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
    assert_eq!(cluster.sets.len(), 2);
    cluster
}

#[test]
fn every_point_of_a_release_is_gone_on_from_whoever_hashed_it() {
    let specs = [
        "{replicas: 5, strategy: {canary: {steps: [{setWeight: 20}, {pause: {}}, {setWeight: 60}]}}}".to_owned(),
        format!("{{replicas: 5, strategy: {{canary: {{{ROUTED}, steps: [{{setWeight: 20}}, {{pause: {{}}}}]}}}}}}"),
        format!("{{replicas: 4, strategy: {{canary: {{{ROUTED}, dynamicStableScale: true, steps: [{{setWeight: 50}}, {{pause: {{}}}}]}}}}}}"),
        "{replicas: 2, strategy: {blueGreen: {activeService: active, previewService: preview, autoPromotionEnabled: false}}}".to_owned(),
        "{replicas: 3, strategy: {blueGreen: {activeService: active, previewReplicaCount: 1, autoPromotionSeconds: 5}}}".to_owned(),
    ];
    let verbs = [
        json!({}),
        json!({"status": {"abort": true}}),
        json!({"status": {"promoteFull": true}}),
        json!({"status": {"pauseConditions": null}}),
        json!({"spec": {"replicas": 7}}),
        json!({"spec": {"paused": true}}),
    ];
    for spec in &specs {
        for passes in 1..16 {
            for verb in &verbs {
                let mut cluster = released(spec, passes);
                cluster.edit(verb);
                goes_on(&format!("{spec} after {passes} passes and {verb}"), cluster, 10);
            }
        }
    }
}
