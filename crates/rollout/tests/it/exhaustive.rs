//! Small worlds, searched to the end: every order of passes, crashes, pods, late statuses of ReplicaSets, autoscaler, users
//! and clock up to a depth.
//!
//! A state is what the API server holds. Two states that differ only in times count as one. Whatever the controller
//! writes is judged on the spot: I2 to I5 are about its writes, not about pods that die by themselves.

mod world;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crd::ReplicaSet;

use crate::harness::{Cluster, yaml};
use world::{Left, Step, World, key};

/// The path to each world, for the message of a failure.
#[derive(Default)]
struct Paths(Vec<(usize, Step)>);

impl Paths {
    fn to(&self, mut index: usize) -> Vec<Step> {
        let mut path = Vec::new();
        while let Some((before, step)) = index.checked_sub(1).map(|index| self.0[index]) {
            path.push(step);
            index = before;
        }
        path.reverse();
        path
    }
}

/// Passes until nothing more happens by itself, with pods that are there at once.
fn come_to_rest(cluster: &mut Cluster) {
    for _ in 0..8 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
}

/// Searches breadth first; the number of different worlds.
fn search(spec: &str, left: Left, depth: usize, begin: Begin) -> usize {
    let mut cluster = Cluster::new(spec);
    let template = yaml("{metadata: {name: errors}, spec: {metrics: [{name: rate, count: 1}]}}");
    cluster.templates.namespaced.insert("errors".to_owned(), Arc::new(template));
    come_to_rest(&mut cluster);
    assert!(cluster.sets.iter().all(|set: &ReplicaSet| set.status.available_replicas == set.replicas()));
    cluster.set_image("demo:v2");
    if begin == Begin::Paused {
        come_to_rest(&mut cluster);
    }
    let mut paths = Paths::default();
    let first = World { cluster, frozen: None, left, came_by: 0 };
    let mut seen = BTreeSet::from([key(&first)]);
    let mut frontier = VecDeque::from([(first, 0)]);
    while let Some((world, steps)) = frontier.pop_front() {
        for step in world.choices() {
            let mut next = world.after(step).unwrap_or_else(|broken| {
                panic!("{broken}\nafter {:?}\nthen {step:?}\nof {spec}", paths.to(world.came_by));
            });
            if steps + 1 < depth && seen.insert(key(&next)) {
                paths.0.push((world.came_by, step));
                next.came_by = paths.0.len();
                frontier.push_back((next, steps + 1));
            }
        }
    }
    seen.len()
}

const ROUTED: &str = "canaryService: canary, stableService: stable, \
                      trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}";
const NOTHING: Left = Left { versions: 0, losses: 0, crashes: 0, sizes: 0, verbs: 0, clock: 0, freezes: 0 };

/// Where a search begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// A user has just asked for a new version.
    Asked,
    /// The new version is there, and waits.
    Paused,
}

/// How much deeper than usual, as it was built: `AVIARY_DEPTH=2 cargo test --release -p aviary-rollout exhaustive`.
fn deeper() -> usize {
    option_env!("AVIARY_DEPTH").map_or(0, |depth| depth.parse().unwrap())
}

fn all_orders(strategy: &str, left: Left, depth: usize) {
    all_orders_from(Begin::Asked, strategy, left, depth);
}

fn all_orders_from(begin: Begin, strategy: &str, left: Left, depth: usize) {
    let depth = depth + deeper();
    let mut worlds = 0;
    for replicas in 2..=3 {
        worlds += search(&format!("replicas: {replicas}\nstrategy: {strategy}"), left, depth, begin);
    }
    println!("{worlds} worlds to depth {depth} of {strategy}");
    assert!(worlds > 500, "{worlds} worlds are too few to mean anything");
}

#[test]
fn routed_canary_with_users_and_lost_pods() {
    let left = Left { verbs: 2, losses: 1, versions: 1, ..NOTHING };
    all_orders(&format!("{{canary: {{{ROUTED}, steps: [{{setWeight: 40}}, {{pause: {{}}}}]}}}}"), left, 8);
}

#[test]
fn routed_canary_with_crashes_and_an_autoscaler() {
    let left = Left { crashes: 2, sizes: 1, verbs: 1, ..NOTHING };
    all_orders(&format!("{{canary: {{{ROUTED}, steps: [{{setWeight: 40}}, {{setWeight: 70}}]}}}}"), left, 8);
}

#[test]
fn dynamic_stable_scale() {
    let left = Left { verbs: 2, losses: 1, sizes: 1, ..NOTHING };
    all_orders(
        &format!(
            "{{canary: {{{ROUTED}, dynamicStableScale: true, steps: [{{setWeight: 50}}, {{pause: {{}}}}]}}}}"
        ),
        left,
        8,
    );
}

#[test]
fn routed_canary_until_the_old_pods_are_gone() {
    let left = Left { clock: 2, verbs: 1, versions: 1, ..NOTHING };
    all_orders(
        &format!(
            "{{canary: {{{ROUTED}, abortScaleDownDelaySeconds: 5, scaleDownDelaySeconds: 5, steps: [{{setWeight: 60}}]}}}}"
        ),
        left,
        10,
    );
}

#[test]
fn canary_by_pods() {
    let left = Left { verbs: 2, losses: 1, sizes: 1, versions: 1, ..NOTHING };
    all_orders("{canary: {maxSurge: 1, maxUnavailable: 0, steps: [{setWeight: 50}, {pause: {}}]}}", left, 7);
}

#[test]
fn blue_green() {
    let left = Left { verbs: 2, losses: 1, sizes: 1, versions: 1, clock: 1, ..NOTHING };
    all_orders("{blueGreen: {activeService: active, previewService: preview}}", left, 7);
}

#[test]
fn blue_green_judged_after_the_switch() {
    let left = Left { verbs: 2, losses: 1, crashes: 1, clock: 2, ..NOTHING };
    all_orders(
        "{blueGreen: {activeService: active, scaleDownDelaySeconds: 5, abortScaleDownDelaySeconds: 5, \
          postPromotionAnalysis: {templates: [{templateName: errors}]}}}",
        left,
        9,
    );
}

#[test]
fn blue_green_with_a_small_preview_and_crashes() {
    let left = Left { verbs: 2, crashes: 1, sizes: 1, clock: 1, ..NOTHING };
    all_orders(
        "{blueGreen: {activeService: active, previewReplicaCount: 1, autoPromotionEnabled: false}}",
        left,
        8,
    );
}

/// What was taken away comes back before the statuses say that it is gone.
const SECOND_ATTEMPT: Left = Left { verbs: 3, clock: 1, freezes: 1, ..NOTHING };

#[test]
fn blue_green_with_statuses_that_are_late() {
    let strategy = "{blueGreen: {activeService: active, previewService: preview, \
                    autoPromotionEnabled: false, abortScaleDownDelaySeconds: 5}}";
    all_orders_from(Begin::Paused, strategy, SECOND_ATTEMPT, 11);
}

#[test]
fn routed_canary_with_statuses_that_are_late() {
    let strategy = format!(
        "{{canary: {{{ROUTED}, abortScaleDownDelaySeconds: 5, steps: [{{setWeight: 50}}, {{pause: {{}}}}]}}}}"
    );
    all_orders_from(Begin::Paused, &strategy, SECOND_ATTEMPT, 11);
}

#[test]
fn dynamic_stable_scale_with_statuses_that_are_late() {
    let strategy = format!(
        "{{canary: {{{ROUTED}, dynamicStableScale: true, steps: [{{setWeight: 50}}, {{pause: {{}}}}]}}}}"
    );
    all_orders_from(Begin::Paused, &strategy, SECOND_ATTEMPT, 10);
}

#[test]
fn canary_by_pods_with_statuses_that_are_late() {
    let strategy = "{canary: {maxSurge: 1, maxUnavailable: 0, steps: [{setWeight: 50}, {pause: {}}]}}";
    all_orders_from(Begin::Paused, strategy, SECOND_ATTEMPT, 10);
}
