//! A ReplicaSet's status may be older than its size: pods that it counts may be gone.

use crd::ReplicaSet;
use serde_json::json;

use crate::harness::Cluster;

const SPEC: &str = "{replicas: 4, strategy: {canary: {canaryService: canary, stableService: stable, \
                    trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}, \
                    dynamicStableScale: true, \
                    steps: [{setWeight: 25}, {pause: {}}, {setWeight: 75}, {pause: {}}]}}}";

/// One pass whose weights are followed at once.
fn pass(cluster: &mut Cluster) {
    let decision = cluster.decide_with_instant_router();
    cluster.carry_out(&decision);
}

fn passes(cluster: &mut Cluster, count: usize) {
    for _ in 0..count {
        pass(cluster);
        cluster.settle();
    }
}

/// Version 2 has three quarters of the traffic, and version 1 was scaled down to one pod.
fn at_three_quarters() -> Cluster {
    let mut cluster = Cluster::new(SPEC);
    passes(&mut cluster, 8);
    cluster.set_image("demo:v2");
    passes(&mut cluster, 10);
    cluster.rollout.status.pause_conditions.clear();
    passes(&mut cluster, 10);
    assert_eq!((weight(&cluster), stable(&mut cluster).replicas()), (75, 1));
    cluster
}

fn weight(cluster: &Cluster) -> i64 {
    let route = cluster.routes.values().next().expect("a route");
    route["spec"]["rules"][0]["backendRefs"][1]["weight"].as_i64().expect("a weight")
}

fn stable(cluster: &mut Cluster) -> &mut ReplicaSet {
    cluster.sets.first_mut().expect("version 1")
}

#[test]
fn an_abort_gives_no_traffic_back_to_pods_that_may_be_gone() {
    let mut cluster = at_three_quarters();
    // Its status still tells of the three pods that it had before.
    let set = stable(&mut cluster);
    (set.metadata.generation, set.status.observed_generation) = (Some(3), Some(2));
    set.status.available_replicas = 3;
    cluster.edit(&json!({"status": {"abort": true}}));
    for _ in 0..3 {
        pass(&mut cluster);
        assert_eq!(weight(&cluster), 75, "traffic went to pods that nobody has seen");
    }
    assert!(stable(&mut cluster).replicas() >= 3, "it is not scaled up meanwhile");
    // The truth: one pod, and soon there are enough.
    let set = stable(&mut cluster);
    (set.status.observed_generation, set.status.available_replicas) = (Some(3), 1);
    pass(&mut cluster);
    assert_eq!(weight(&cluster), 75);
    stable(&mut cluster).status.available_replicas = 3;
    pass(&mut cluster);
    assert_eq!(weight(&cluster), 25);
    passes(&mut cluster, 5);
    assert_eq!(weight(&cluster), 0);
}
