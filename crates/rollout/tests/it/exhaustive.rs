//! Small worlds, searched to the end: every order of passes, crashes, pods, autoscaler, users and clock up to a depth.
//!
//! A state is what the API server holds. Two states that differ only in times count as one. Whatever the controller
//! writes is judged on the spot: I2 to I5 are about its writes, not about pods that die by themselves.

use std::collections::{BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use aviary_rollout::Action;
use crd::{AnalysisPhase, Kind, ReplicaSet};
use jiff::SignedDuration;
use serde_json::json;

use crate::guard;
use crate::harness::{Cluster, yaml};

/// What can still happen in a world; a search is finite because this runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Left {
    versions: u8,
    losses: u8,
    crashes: u8,
    sizes: u8,
    verbs: u8,
    clock: u8,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The controller carries out so many actions of a pass and dies, or the whole pass.
    Pass(Option<usize>),
    /// One pod of this ReplicaSet becomes available.
    Ready(usize),
    /// One dies.
    Lost(usize),
    /// A run ends.
    Verdict(AnalysisPhase),
    /// A user, or the autoscaler.
    Image(u8),
    Size(i32),
    Abort,
    Retry,
    Promote,
    PromoteFull,
    Pause,
    Resume,
    /// A minute passes.
    Clock,
}

#[derive(Clone)]
struct World {
    cluster: Cluster,
    left: Left,
    /// How it came about; index into all steps taken.
    came_by: usize,
}

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

/// The world as it is told apart from others.
fn key(world: &World) -> u64 {
    let cluster = &world.cluster;
    let mut hasher = DefaultHasher::new();
    let mut rollout = serde_json::to_value(&cluster.rollout).unwrap();
    forget_times(&mut rollout);
    rollout["metadata"].take();
    rollout.to_string().hash(&mut hasher);
    for set in &cluster.sets {
        let deadline = set.metadata.annotation(crd::names::SCALE_DOWN_DEADLINE);
        let over = deadline.map(|text| text.parse::<jiff::Timestamp>().unwrap() <= cluster.now);
        (&set.metadata.name, set.replicas(), set.status.available_replicas, over).hash(&mut hasher);
        set.metadata.annotation(crd::names::DESIRED_REPLICAS).hash(&mut hasher);
    }
    for (name, service) in &cluster.services {
        (name, service.selected_hash()).hash(&mut hasher);
    }
    for route in cluster.routes.values() {
        route.to_string().hash(&mut hasher);
    }
    for run in &cluster.runs {
        (&run.metadata.name, run.spec.terminate, run.status.phase).hash(&mut hasher);
    }
    world.left.hash(&mut hasher);
    hasher.finish()
}

/// Times are told apart only by whether there is one.
fn forget_times(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => *value = json!("then"),
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_times),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(forget_times),
        _ => {}
    }
}

/// ReplicaSets have the pods that are wanted; of those that are, some may be available.
fn settle(cluster: &mut Cluster) {
    for set in &mut cluster.sets {
        let pods = set.replicas();
        set.status.replicas = pods;
        set.status.available_replicas = set.status.available_replicas.min(pods);
        set.status.ready_replicas = set.status.available_replicas;
    }
}

impl World {
    /// What may happen next.
    fn choices(&self) -> Vec<Step> {
        let (cluster, left) = (&self.cluster, self.left);
        let mut steps = vec![Step::Pass(None)];
        if left.crashes > 0 {
            let actions = cluster.decide().actions.len();
            steps.extend((1..=actions).map(|count| Step::Pass(Some(count))));
        }
        for (index, set) in cluster.sets.iter().enumerate() {
            if set.status.available_replicas < set.replicas() {
                steps.push(Step::Ready(index));
            }
            if left.losses > 0 && set.status.available_replicas > 0 {
                steps.push(Step::Lost(index));
            }
        }
        let undecided = |run: &crd::AnalysisRun| !run.status.phase.is_some_and(AnalysisPhase::completed);
        if cluster.runs.iter().any(undecided) {
            steps.extend([AnalysisPhase::Successful, AnalysisPhase::Failed].map(Step::Verdict));
        }
        if left.versions > 0 {
            steps.extend([Step::Image(1), Step::Image(2), Step::Image(3)]);
        }
        if left.sizes > 0 {
            steps.extend([Step::Size(1), Step::Size(3)]);
        }
        if left.verbs > 0 {
            let status = &cluster.rollout.status;
            steps.extend([Step::PromoteFull, if status.abort { Step::Retry } else { Step::Abort }]);
            steps.push(if cluster.rollout.spec.paused { Step::Resume } else { Step::Pause });
            if !status.pause_conditions.is_empty() {
                steps.push(Step::Promote);
            }
        }
        if left.clock > 0 {
            steps.push(Step::Clock);
        }
        steps
    }

    /// What comes of a step; `Err` when the controller broke an invariant.
    fn after(&self, step: Step) -> Result<Self, String> {
        let mut world = self.clone();
        let (cluster, left) = (&mut world.cluster, &mut world.left);
        match step {
            Step::Pass(count) => {
                let decision = cluster.decide();
                guard::pass(&decision)?;
                let count = count.inspect(|_| left.crashes -= 1);
                for action in decision.actions.iter().take(count.unwrap_or(usize::MAX)) {
                    carry_out(cluster, action)?;
                }
                if let Some(status) = decision.status.filter(|_| count.is_none()) {
                    cluster.write_status(&status);
                }
            }
            Step::Ready(index) => cluster.sets[index].status.available_replicas += 1,
            Step::Lost(index) => {
                left.losses -= 1;
                cluster.sets[index].status.available_replicas -= 1;
            }
            Step::Verdict(phase) => {
                for run in cluster.runs.iter_mut().filter(|run| run.status.phase.is_none()) {
                    run.status.phase = Some(phase);
                }
            }
            Step::Image(version) => {
                left.versions -= 1;
                cluster.set_image(&format!("demo:v{version}"));
            }
            Step::Size(size) => {
                left.sizes -= 1;
                cluster.edit(&json!({"spec": {"replicas": size}}));
            }
            Step::Clock => {
                left.clock -= 1;
                cluster.now += SignedDuration::from_secs(60);
            }
            verb => {
                left.verbs -= 1;
                cluster.edit(&match verb {
                    Step::Abort => json!({"status": {"abort": true}}),
                    Step::Retry => json!({"status": {"abort": false}}),
                    Step::Promote => json!({"status": {"pauseConditions": null}}),
                    Step::PromoteFull => json!({"status": {"promoteFull": true}}),
                    Step::Pause => json!({"spec": {"paused": true}}),
                    _ => json!({"spec": {"paused": false}}),
                });
            }
        }
        settle(cluster);
        Ok(world)
    }
}

/// Carries one action out under the guard's eyes.
fn carry_out(cluster: &mut Cluster, action: &Action) -> Result<(), String> {
    let before = cluster.clone();
    cluster.apply(action);
    settle(cluster);
    let kind = match action {
        Action::Create { key, .. }
        | Action::Patch { key, .. }
        | Action::Scale { key, .. }
        | Action::Delete { key, .. }
        | Action::Evict { key } => &key.kind,
    };
    // The status of pods and the Rollout's own annotations move no traffic.
    if [Kind::ROLLOUT, Kind::ANALYSIS_RUN].contains(kind) { Ok(()) } else { guard::write(&before, cluster) }
}

/// Searches breadth first; the number of different worlds.
fn search(spec: &str, left: Left, depth: usize) -> usize {
    let mut cluster = Cluster::new(spec);
    let template = yaml("{metadata: {name: errors}, spec: {metrics: [{name: rate, count: 1}]}}");
    cluster.templates.namespaced.insert("errors".to_owned(), Arc::new(template));
    for _ in 0..8 {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
    assert!(cluster.sets.iter().all(|set: &ReplicaSet| set.status.available_replicas == set.replicas()));
    cluster.set_image("demo:v2");
    let mut paths = Paths::default();
    let first = World { cluster, left, came_by: 0 };
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
const NOTHING: Left = Left { versions: 0, losses: 0, crashes: 0, sizes: 0, verbs: 0, clock: 0 };

/// How much deeper than usual, as it was built: `AVIARY_DEPTH=2 cargo test --release -p aviary-rollout exhaustive`.
fn deeper() -> usize {
    option_env!("AVIARY_DEPTH").map_or(0, |depth| depth.parse().unwrap())
}

fn all_orders(strategy: &str, left: Left, depth: usize) {
    let depth = depth + deeper();
    let mut worlds = 0;
    for replicas in 2..=3 {
        worlds += search(&format!("replicas: {replicas}\nstrategy: {strategy}"), left, depth);
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
