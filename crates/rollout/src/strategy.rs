//! What the phases and rules that all strategies share ask of a strategy.

use std::ops::ControlFlow;

use crd::{
    AnalysisTemplateRef, AntiAffinity, CanaryStep, ObjectKey, PodMetadata, Rollout, RolloutAnalysis,
    RolloutStatus,
};

use crate::plan::{Plan, Stop};

/// One thing that a pass looks after. It may end the pass.
pub(crate) type Phase<S> = fn(&mut Plan<'_, S>) -> ControlFlow<Stop>;

/// What a strategy adds to the rules that all have. One implementation a strategy, in the file with its table.
pub(crate) trait Strategy: Sized + 'static {
    /// The phases, in order, after what every strategy needs.
    const PHASES: &'static [Phase<Self>];

    /// What is done in the pass that begins an update anew.
    const AFTER_RESET: Stop;

    /// The steps; none where a strategy has none.
    fn steps(&self) -> &[CanaryStep] {
        &[]
    }
    /// Tells one list of steps from another; empty where a strategy has none.
    fn step_hash(&self) -> String {
        String::new()
    }
    /// Names of the Services that select one of its versions; may contain empty ones.
    fn services(&self) -> Vec<&str>;
    /// The analyses.
    fn analyses(&self) -> Vec<Named<'_>>;
    /// Objects that it reads as they are.
    fn routes(&self, _rollout: &Rollout) -> Vec<ObjectKey> {
        Vec::new()
    }
    /// Whether its versions avoid each other's nodes.
    fn anti_affinity(&self) -> Option<&AntiAffinity>;
    /// What the pods of the new version carry while another one is stable.
    fn metadata_of_new(&self) -> Option<&PodMetadata>;
    /// What the pods of the stable version carry.
    fn metadata_of_stable(&self) -> Option<&PodMetadata>;
    /// How many pods may be missing at a time.
    fn unavailable(&self, replicas: i32) -> i32;
    /// Seconds that an aborted version's pods stay; `None` when there is no countdown.
    fn abort_delay(plan: &Plan<'_, Self>) -> Option<i32>;
    /// The AnalysisRuns that a status names as current.
    fn current_runs(status: &RolloutStatus) -> Vec<&str>;

    /// Brings the sizes in line with a changed `spec.replicas`, and the counts that an autoscaler reads with them.
    fn resize(plan: &mut Plan<'_, Self>);
    /// Decides about promotion, abort and whatever else ends a pass, before status is written.
    fn judge(plan: &mut Plan<'_, Self>);
    /// The new version has just become the stable one.
    fn promoted(_plan: &mut Plan<'_, Self>) {}
    /// Tells others about the release, once its status is known.
    fn publish(_plan: &mut Plan<'_, Self>) {}

    /// Whether users of the Rollout find enough pods.
    fn is_available(plan: &Plan<'_, Self>) -> bool;
    /// Whether all is as wanted, beyond the counts that every strategy looks at.
    fn is_settled(plan: &Plan<'_, Self>) -> bool;
    /// Whether the new status shows progress that only this strategy knows.
    fn progressed(old: &RolloutStatus, new: &RolloutStatus) -> bool;
    /// Whether the update goes back to a version whose pods still wait for their end.
    fn returns_in_time(_plan: &Plan<'_, Self>) -> bool {
        false
    }
    /// Whether a pause of that reason ends by itself.
    fn ends_by_itself(plan: &Plan<'_, Self>, reason: &str) -> bool;
}

/// One analysis of a strategy.
pub(crate) struct Named<'a> {
    /// Path of its field below the strategy's.
    pub(crate) field: String,
    pub(crate) kind: AnalysisKind,
    pub(crate) analysis: &'a RolloutAnalysis,
}

/// What an analysis is for, as far as validation tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnalysisKind {
    /// A step waits for its end.
    Step,
    /// It ends with the update.
    Background,
    /// The switch, or what follows it, waits for its end.
    Switch,
}

/// The templates that the analyses name, each once.
pub(crate) fn templates<S: Strategy>(strategy: &S) -> Vec<AnalysisTemplateRef> {
    let analyses = strategy.analyses();
    let mut templates: Vec<AnalysisTemplateRef> =
        analyses.iter().flat_map(|named| named.analysis.templates.iter().cloned()).collect();
    templates.sort();
    templates.dedup();
    templates
}
