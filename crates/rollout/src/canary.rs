//! The canary strategy: its phases, in order (spec rollout-canary 1), and what it adds to the rules that all have.

use crd::{AntiAffinity, Canary, CanaryStep, ObjectKey, PodMetadata, Rollout, RolloutStatus, hash};

use crate::phases::{
    analysis_runs, experiments, history, metadata, pause, plugins, reset, restart, revision, scale, services,
    traffic,
};
use crate::plan::{Plan, Stop};
use crate::replicas::bounds;
use crate::strategy::{AnalysisKind, Named, Phase, Strategy};
use crate::{gate, pauses, status};

impl Strategy for Canary {
    /// From "the canary hangs at 25 %" to the deciding line: the phase here, the rule in its file.
    const PHASES: &'static [Phase<Self>] = &[
        status::rebuild,
        reset::on_change,
        revision::sync,
        restart::pods,
        metadata::ephemeral,
        history::limit,
        services::ping_pong,
        services::stable_and_canary,
        traffic::route,
        experiments::reconcile,
        analysis_runs::reconcile,
        plugins::watch,
        scale::replica_sets,
        pause::step,
        plugins::steps,
    ];

    const AFTER_RESET: Stop = Stop::Write;

    fn steps(&self) -> &[CanaryStep] {
        &self.steps
    }

    fn step_hash(&self) -> String {
        hash::steps(&self.steps)
    }

    fn services(&self) -> Vec<&str> {
        let pair = self.ping_pong.iter().flat_map(|pair| [&pair.ping_service, &pair.pong_service]);
        [&self.stable_service, &self.canary_service].into_iter().chain(pair).map(String::as_str).collect()
    }

    fn analyses(&self) -> Vec<Named<'_>> {
        let background = self.analysis.iter().map(|background| Named {
            field: "analysis".to_owned(),
            kind: AnalysisKind::Background,
            analysis: &background.analysis,
        });
        let steps = self.steps.iter().enumerate();
        let steps = steps.filter_map(|(index, step)| {
            let analysis = step.analysis.as_ref()?;
            Some(Named { field: format!("steps[{index}].analysis"), kind: AnalysisKind::Step, analysis })
        });
        background.chain(steps).collect()
    }

    fn routes(&self, rollout: &Rollout) -> Vec<ObjectKey> {
        let routers = ::traffic::selected(rollout);
        let mut keys: Vec<ObjectKey> = routers.iter().flat_map(|router| router.reads(rollout)).collect();
        keys.extend(gate::beacon_keys(rollout, self));
        keys
    }

    fn anti_affinity(&self) -> Option<&AntiAffinity> {
        self.anti_affinity.as_ref()
    }

    fn metadata_of_new(&self) -> Option<&PodMetadata> {
        self.canary_metadata.as_ref()
    }

    fn metadata_of_stable(&self) -> Option<&PodMetadata> {
        self.stable_metadata.as_ref()
    }

    fn unavailable(&self, replicas: i32) -> i32 {
        bounds(self, replicas).unavailable
    }

    fn abort_delay(plan: &Plan<'_, Self>) -> Option<i32> {
        match plan.strategy.abort_scale_down_delay_seconds {
            _ if !plan.traffic_routed() => None,
            // With 0 there is no countdown; what remains is decided by the weight and `setCanaryScale`.
            Some(0) => None,
            None if plan.strategy.dynamic_stable_scale => None,
            other => Some(other.unwrap_or(scale::DEFAULT_DELAY)),
        }
    }

    fn current_runs(status: &RolloutStatus) -> Vec<&str> {
        let canary = &status.canary;
        let runs = [&canary.current_step_analysis_run_status, &canary.current_background_analysis_run_status];
        runs.into_iter().flatten().map(|run| run.name.as_str()).collect()
    }

    fn resize(plan: &mut Plan<'_, Self>) {
        if plan.rollout.spec.paused {
            plan.because("scaling.paused", "spec.replicas changed, but spec.paused holds every size");
        } else {
            // Whether something was scaled ends the pass either way.
            let _ = scale::replica_sets(plan);
        }
        let all = plan.sets.all.iter();
        plan.status.hpa_replicas = all.map(|set| set.status.replicas).fold(0, i32::saturating_add);
        plan.status.available_replicas = plan.sets.available();
    }

    fn judge(plan: &mut Plan<'_, Self>) {
        status::judge(plan);
    }

    fn promoted(plan: &mut Plan<'_, Self>) {
        if plan.strategy.ping_pong.is_some() {
            let role = &mut plan.status.canary.stable_ping_pong;
            if role == "ping" { "pong" } else { "ping" }.clone_into(role);
        }
    }

    fn publish(plan: &mut Plan<'_, Self>) {
        gate::publish(plan);
    }

    fn is_available(plan: &Plan<'_, Self>) -> bool {
        plan.status.available_replicas >= plan.replicas()
    }

    fn is_settled(plan: &Plan<'_, Self>) -> bool {
        plan.status.replicas == plan.replicas()
            && status::conditions::is_completed(&plan.status)
            && plan.last_index().is_none_or(|last| plan.status.current_step_index == Some(last))
    }

    fn progressed(old: &RolloutStatus, new: &RolloutStatus) -> bool {
        let index_changed = matches!((old.current_step_index, new.current_step_index),
            (Some(before), Some(after)) if before != after);
        new.stable_rs != old.stable_rs || index_changed || new.current_step_hash != old.current_step_hash
    }

    fn ends_by_itself(plan: &Plan<'_, Self>, reason: &str) -> bool {
        let pause = plan.current_step().and_then(|(_, step)| step.pause.as_ref());
        reason == pauses::PAUSE_STEP && pause.is_some_and(|pause| pause.duration.is_some())
    }
}
