//! How far a blue-green release has come: it has no steps, but it has stages.

use crd::{AnalysisPhase, AnalysisRunRef, BlueGreen, Rollout};
use serde::Serialize;

/// How far a blue-green release has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// The pods of the preview start.
    Preview,
    /// `prePromotionAnalysis` runs.
    Before,
    /// It waits for time or a person.
    Countdown,
    /// A small preview grows to full size.
    Growth,
    /// Users are switched; `postPromotionAnalysis` runs.
    After,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Preview, Self::Before, Self::Countdown, Self::Growth, Self::After];

    /// From 0, in the order of [`Stage::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// As the fields of the Rollout say it.
    pub fn describe(self, strategy: &BlueGreen) -> String {
        let analysis = |field: &str, analysis: Option<&crd::RolloutAnalysis>| {
            let templates = analysis.map(|analysis| analysis.templates.as_slice()).unwrap_or_default();
            let names: Vec<&str> = templates.iter().map(|template| template.template_name.as_str()).collect();
            format!("{field} {}", names.join(", ")).trim_end().to_owned()
        };
        match self {
            Self::Preview => "preview".to_owned(),
            Self::Before => analysis("prePromotionAnalysis", strategy.pre_promotion_analysis.as_ref()),
            Self::Countdown if strategy.auto_promotion_enabled == Some(false) => "pause".to_owned(),
            Self::Countdown => format!("autoPromotionSeconds {}", strategy.auto_promotion_seconds),
            Self::Growth => "all replicas".to_owned(),
            Self::After if strategy.post_promotion_analysis.is_none() => "switch".to_owned(),
            Self::After => analysis("postPromotionAnalysis", strategy.post_promotion_analysis.as_ref()),
        }
    }

    /// The stage of an update under way; `None` for other strategies, and when nothing is under way.
    pub(crate) fn of(rollout: &Rollout) -> Option<Self> {
        let strategy = rollout.blue_green()?;
        let status = &rollout.status;
        if status.stable_rs.is_empty() || rollout.fully_promoted() {
            return None;
        }
        let known = &status.blue_green;
        let phase = |run: &Option<AnalysisRunRef>| run.as_ref().map(|run| run.status);
        let before = phase(&known.pre_promotion_analysis_run_status);
        let pods = strategy.preview_replica_count.unwrap_or_else(|| rollout.replicas());
        Some(if known.active_selector == status.current_pod_hash {
            Self::After
        } else if !status.pause_conditions.is_empty() {
            Self::Countdown
        } else if known.scale_up_preview_check_point {
            Self::Growth
        } else if before.is_some_and(|phase| !phase.is_some_and(AnalysisPhase::completed)) {
            Self::Before
        } else if status.updated_replicas < pods || before.is_none() {
            Self::Preview
        } else {
            Self::Growth
        })
    }
}
