//! What a pass wants to pause, resume, abort or take back.

use crd::{PauseCondition, RolloutStatus, Time};

/// Waits at a `pause` step.
pub(crate) const PAUSE_STEP: &str = "CanaryPauseStep";
/// Waits before the active Service is switched.
pub(crate) const BLUE_GREEN: &str = "BlueGreenPause";
/// An analysis could not tell.
pub(crate) const INCONCLUSIVE_ANALYSIS: &str = "InconclusiveAnalysisRun";

/// An Experiment could not tell.
pub(crate) const INCONCLUSIVE_EXPERIMENT: &str = "InconclusiveExperiment";

/// What a pass wants to pause, resume, abort or take back; it becomes part of the status at the end.
#[derive(Default)]
pub(crate) struct Pauses {
    add: Vec<&'static str>,
    remove: Vec<&'static str>,
    /// Every pause ends.
    pub(crate) clear: bool,
    /// The update is given up, and why.
    pub(crate) abort: Option<String>,
    /// An abort is taken back: there is nothing left that it could stop.
    pub(crate) take_back_abort: bool,
}

impl Pauses {
    pub(crate) fn add(&mut self, reason: &'static str) {
        self.add.push(reason);
    }

    pub(crate) fn remove(&mut self, reason: &'static str) {
        self.remove.push(reason);
    }

    pub(crate) fn is_adding(&self, reason: &str) -> bool {
        self.add.contains(&reason)
    }

    pub(crate) fn adds(&self) -> bool {
        !self.add.is_empty()
    }

    pub(crate) fn aborted(&self, stored: &RolloutStatus) -> bool {
        !self.take_back_abort && (stored.abort || self.abort.is_some())
    }

    /// Whether the update waits for a person to judge an analysis.
    pub(crate) fn inconclusive(&self, stored: &RolloutStatus) -> bool {
        self.is_adding(INCONCLUSIVE_ANALYSIS) || pause(stored, INCONCLUSIVE_ANALYSIS).is_some()
    }

    /// Writes abort and pause fields (spec rollout-status-events 5).
    pub(crate) fn settle(&self, stored: &RolloutStatus, status: &mut RolloutStatus, now: Time) {
        status.pause_conditions = Vec::new();
        if self.aborted(stored) {
            status.abort = true;
            status.aborted_at = stored.aborted_at.or(Some(now));
            status.controller_pause = false;
            return;
        }
        status.abort = false;
        status.aborted_at = None;
        if self.clear {
            status.controller_pause = false;
            return;
        }
        let kept =
            stored.pause_conditions.iter().filter(|pause| !self.remove.contains(&pause.reason.as_str()));
        status.pause_conditions = kept.cloned().collect();
        for reason in &self.add {
            if pause(stored, reason).is_none() {
                let added = PauseCondition { reason: (*reason).to_owned(), start_time: now };
                status.pause_conditions.push(added);
                status.controller_pause = true;
            }
        }
        if !status.pause_conditions.is_empty() {
            status.controller_pause |= stored.controller_pause;
        }
    }
}

/// The stored pause with that reason.
pub(crate) fn pause<'a>(stored: &'a RolloutStatus, reason: &str) -> Option<&'a PauseCondition> {
    stored.pause_conditions.iter().find(|pause| pause.reason == reason)
}
