//! A small world: what the API server holds, what can still happen, and what the controller makes of it.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use aviary_rollout::Action;
use crd::{AnalysisPhase, Kind, ReplicaSet};
use jiff::SignedDuration;
use serde_json::json;

use crate::guard;
use crate::harness::Cluster;

/// What can still happen in a world; a search is finite because this runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Left {
    pub(super) versions: u8,
    pub(super) losses: u8,
    pub(super) crashes: u8,
    pub(super) sizes: u8,
    pub(super) verbs: u8,
    pub(super) clock: u8,
    pub(super) freezes: u8,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
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
    /// Kubernetes' controllers take pods away from now on, and do not say so; until they catch up.
    Freeze,
    Thaw,
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) cluster: Cluster,
    /// Pods that are available, by ReplicaSet, while the statuses do not say so.
    pub(super) frozen: Option<BTreeMap<String, i32>>,
    pub(super) left: Left,
    /// How it came about; index into all steps taken.
    pub(super) came_by: usize,
}

/// The world as it is told apart from others.
pub(super) fn key(world: &World) -> u64 {
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
        (set.status.observed_generation >= set.metadata.generation).hash(&mut hasher);
    }
    world.frozen.hash(&mut hasher);
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

impl World {
    /// Pods of a ReplicaSet that are available, whatever its status says.
    fn available(&self, set: &ReplicaSet) -> i32 {
        let said = set.status.available_replicas;
        self.frozen.as_ref().map_or(said, |pods| pods.get(&set.metadata.name).copied().unwrap_or(0))
    }

    /// One pod more or less is available.
    fn add(&mut self, index: usize, count: i32) {
        let set = &mut self.cluster.sets[index];
        match &mut self.frozen {
            Some(pods) => *pods.entry(set.metadata.name.clone()).or_default() += count,
            None => set.status.available_replicas += count,
        }
    }

    /// ReplicaSets have the pods that are wanted; of those that are, some may be available.
    fn settle(&mut self) {
        for set in &mut self.cluster.sets {
            let pods = set.replicas();
            if let Some(frozen) = &mut self.frozen {
                let available = frozen.entry(set.metadata.name.clone()).or_default();
                *available = pods.min(*available);
                continue;
            }
            set.status.replicas = pods;
            set.status.available_replicas = set.status.available_replicas.min(pods);
            set.status.ready_replicas = set.status.available_replicas;
            set.status.observed_generation = set.metadata.generation;
        }
    }

    fn freeze(&mut self) {
        let sets = self.cluster.sets.iter();
        self.frozen =
            Some(sets.map(|set| (set.metadata.name.clone(), set.status.available_replicas)).collect());
    }

    /// The statuses say what there is.
    fn thaw(&mut self) {
        self.cluster = self.as_it_is();
        self.frozen = None;
    }

    fn as_it_is(&self) -> Cluster {
        let mut cluster = self.cluster.clone();
        for set in &mut cluster.sets {
            set.status.available_replicas = self.available(set);
        }
        cluster
    }

    /// Carries one action out under the guard's eyes.
    fn carry_out(&mut self, action: &Action) -> Result<(), String> {
        let before = self.as_it_is();
        self.cluster.apply(action);
        if let Action::Scale { key, .. } = action {
            let sets = self.cluster.sets.iter_mut();
            sets.filter(|set| set.metadata.name == key.name)
                .for_each(|set| *set.metadata.generation.get_or_insert(0) += 1);
        }
        self.settle();
        let kind = match action {
            Action::Create { key, .. }
            | Action::Patch { key, .. }
            | Action::Scale { key, .. }
            | Action::Delete { key, .. }
            | Action::Evict { key } => &key.kind,
        };
        // The status of pods and the Rollout's own annotations move no traffic.
        let moves = ![Kind::ROLLOUT, Kind::ANALYSIS_RUN].contains(kind);
        if moves { guard::write(&before, &self.as_it_is()) } else { Ok(()) }
    }

    /// What may happen next.
    pub(super) fn choices(&self) -> Vec<Step> {
        let (cluster, left) = (&self.cluster, self.left);
        let mut steps = vec![Step::Pass(None)];
        if left.crashes > 0 {
            let actions = cluster.decide().actions.len();
            steps.extend((1..=actions).map(|count| Step::Pass(Some(count))));
        }
        for (index, set) in cluster.sets.iter().enumerate() {
            let available = self.available(set);
            if available < set.replicas() {
                steps.push(Step::Ready(index));
            }
            if left.losses > 0 && available > 0 {
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
        if self.frozen.is_some() {
            steps.push(Step::Thaw);
        } else if left.freezes > 0 {
            steps.push(Step::Freeze);
        }
        steps
    }

    /// What comes of a step; `Err` when the controller broke an invariant.
    pub(super) fn after(&self, step: Step) -> Result<Self, String> {
        let mut world = self.clone();
        let (cluster, left) = (&mut world.cluster, &mut world.left);
        match step {
            Step::Pass(count) => {
                let decision = cluster.decide();
                guard::pass(&decision)?;
                let count = count.inspect(|_| left.crashes -= 1);
                for action in decision.actions.iter().take(count.unwrap_or(usize::MAX)) {
                    world.carry_out(action)?;
                }
                if let Some(status) = decision.status.filter(|_| count.is_none()) {
                    world.cluster.write_status(&status);
                }
            }
            Step::Ready(index) => world.add(index, 1),
            Step::Lost(index) => {
                left.losses -= 1;
                world.add(index, -1);
            }
            Step::Freeze => {
                left.freezes -= 1;
                world.freeze();
            }
            Step::Thaw => world.thaw(),
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
        world.settle();
        Ok(world)
    }
}
