//! The blue-green strategy: its phases, in order (spec rollout-bluegreen 1), and what it adds to the rules that all have.

use crd::{AntiAffinity, BlueGreen, PodMetadata, RolloutStatus};

use crate::phases::{blue_green, history, metadata, reset, restart, revision, scale};
use crate::plan::{Plan, Stop};
use crate::replicas::unavailable;
use crate::strategy::{AnalysisKind, Named, Phase, Strategy};
use crate::{pauses, status};

impl Strategy for BlueGreen {
    /// From "the new version is not switched to" to the deciding line: the phase here, the rule in its file.
    const PHASES: &'static [Phase<Self>] = &[
        status::rebuild,
        revision::sync,
        blue_green::services::preview,
        reset::on_change,
        restart::beside,
        blue_green::sizes::replica_sets,
        history::limit,
        blue_green::pause::before_the_switch,
        blue_green::services::active,
        blue_green::analysis::reconcile,
        metadata::ephemeral,
    ];

    /// Going back to the version that users still have is done with at once.
    const AFTER_RESET: Stop = Stop::Judge;

    fn services(&self) -> Vec<&str> {
        vec![&self.active_service, &self.preview_service]
    }

    fn analyses(&self) -> Vec<Named<'_>> {
        let analyses = [
            ("prePromotionAnalysis", &self.pre_promotion_analysis),
            ("postPromotionAnalysis", &self.post_promotion_analysis),
        ];
        analyses
            .into_iter()
            .filter_map(|(field, analysis)| {
                let analysis = analysis.as_ref()?;
                Some(Named { field: field.to_owned(), kind: AnalysisKind::Switch, analysis })
            })
            .collect()
    }

    fn anti_affinity(&self) -> Option<&AntiAffinity> {
        self.anti_affinity.as_ref()
    }

    fn metadata_of_new(&self) -> Option<&PodMetadata> {
        self.preview_metadata.as_ref()
    }

    fn metadata_of_stable(&self) -> Option<&PodMetadata> {
        self.active_metadata.as_ref()
    }

    fn unavailable(&self, replicas: i32) -> i32 {
        unavailable(self.max_unavailable.as_ref(), replicas)
    }

    /// Zero means for ever: the preview stays as it is.
    fn abort_delay(plan: &Plan<'_, Self>) -> Option<i32> {
        let seconds = plan.strategy.abort_scale_down_delay_seconds.unwrap_or(scale::DEFAULT_DELAY);
        (seconds != 0).then_some(seconds)
    }

    fn current_runs(status: &RolloutStatus) -> Vec<&str> {
        let status = &status.blue_green;
        let runs = [&status.pre_promotion_analysis_run_status, &status.post_promotion_analysis_run_status];
        runs.into_iter().flatten().map(|run| run.name.as_str()).collect()
    }

    fn resize(plan: &mut Plan<'_, Self>) {
        // Nothing here ends the pass early; it ends anyway.
        let _ = blue_green::sizes::replica_sets(plan);
        let _ = history::limit(plan);
        let counts = blue_green::judge::counts(plan);
        plan.status.available_replicas = counts.available;
        plan.status.hpa_replicas = counts.pods;
    }

    fn judge(plan: &mut Plan<'_, Self>) {
        blue_green::judge::judge(plan);
    }

    fn is_available(plan: &Plan<'_, Self>) -> bool {
        blue_green::active_set(plan, &plan.status).is_some_and(|set| blue_green::is_saturated(plan, set))
    }

    fn is_settled(plan: &Plan<'_, Self>) -> bool {
        let (status, current) = (&plan.status.blue_green, &plan.status.current_pod_hash);
        let shown = plan.strategy.preview_service.is_empty() || status.preview_selector == *current;
        status.active_selector == *current && shown
    }

    fn progressed(old: &RolloutStatus, new: &RolloutStatus) -> bool {
        let selectors = |status: &RolloutStatus| {
            (status.blue_green.active_selector.clone(), status.blue_green.preview_selector.clone())
        };
        selectors(old) != selectors(new)
    }

    /// Its pods were to go after the switch, and are all still there (spec rollout-bluegreen 3).
    fn returns_in_time(plan: &Plan<'_, Self>) -> bool {
        blue_green::had_time_left(plan)
    }

    fn ends_by_itself(plan: &Plan<'_, Self>, reason: &str) -> bool {
        reason == pauses::BLUE_GREEN && plan.strategy.auto_promotion_enabled != Some(false)
    }
}
