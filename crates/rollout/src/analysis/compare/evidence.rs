//! What a comparison knows, and how it goes on from look to look.
//!
//! `falseAborts` is promised for a release, not for a measurement. So a measurement that ends leaves what it knew to the
//! next of its run, and a run to the next run of the same release ([`super::handover`]). A fail ends it: whoever goes on
//! regardless compares anew.

use std::collections::BTreeMap;

use crd::{Measurement, ObjectMeta};
use jiff::{SignedDuration, Timestamp};
use judge::{Config, Judge, State};
use serde_json::Value;

use super::figures::{Figures, Since};

/// What the judge knows, in a measurement's metadata.
pub(super) const STATE: &str = "aviary.dev/judge";
/// The figures that the next window begins with.
pub(super) const FIGURES: &str = "aviary.dev/figures";
/// Metadata of a measurement from which the next one goes on.
pub(in crate::analysis) const KEPT: [&str; 2] = [STATE, FIGURES];
/// Annotation of an AnalysisRun: what the run before it knew when it ended, by metric.
pub(super) const HANDED_OVER: &str = "aviary.dev/evidence";
/// Figures older than so many windows begin no window: the weight may have changed meanwhile.
const FRESH: u32 = 2;

/// Where a measurement goes on from.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::analysis) struct Earlier<'a> {
    /// The same measurement, as it was stored last.
    pub(in crate::analysis) same: Option<&'a Measurement>,
    /// The measurement of the run that ended before it began.
    pub(in crate::analysis) last: Option<&'a Measurement>,
    /// The run's metadata, and the metric's name in it.
    pub(in crate::analysis) run: Option<(&'a ObjectMeta, &'a str)>,
}

/// What is known when a reading comes.
pub(super) struct Known {
    pub(super) judge: Judge,
    pub(super) figures: Option<Figures>,
}

impl Earlier<'_> {
    /// What is known at `now`. What another measurement or another run knew is used if it was about the same question.
    ///
    /// # Errors
    /// That somebody changed what this measurement had stored.
    pub(super) fn known(&self, config: &Config, since: Since, now: Timestamp) -> Result<Known, String> {
        if let Some(same) = self.same {
            let judge = match same.metadata.get(STATE) {
                None => Judge::new(config),
                Some(text) => {
                    let state = serde_json::from_str(text)
                        .map_err(|error| format!("{STATE} was changed: {error}"))?;
                    Judge::restore(config, state).map_err(|error| error.to_string())?
                }
            };
            let figures = same.metadata.get(FIGURES).map(|text| Figures::read(text)).transpose()?;
            return Ok(Known { judge, figures });
        }
        Ok(Known {
            judge: self.judge(config),
            figures: self.last.and_then(|last| figures(last, config, since, now)),
        })
    }

    /// The judge of a measurement that begins.
    fn judge(&self, config: &Config) -> Judge {
        let restored = |state: State| Judge::restore(config, state).ok();
        let state = self.last.and_then(|last| serde_json::from_str::<State>(last.metadata.get(STATE)?).ok());
        match state {
            Some(state) if state.has_failed() => return Judge::new(config),
            Some(state) => {
                if let Some(judge) = restored(state) {
                    return judge;
                }
            }
            None => {}
        }
        self.handed_over().and_then(restored).map_or_else(
            || Judge::new(config),
            |mut judge| {
                judge.begin_step();
                judge
            },
        )
    }

    /// What is left to the next measurement by one that could not use any of it.
    pub(super) fn kept(&self) -> BTreeMap<String, String> {
        let last = self.same.or(self.last);
        let of = |key: &str| Some((key.to_owned(), last?.metadata.get(key)?.clone()));
        KEPT.into_iter().filter_map(of).collect()
    }

    fn handed_over(&self) -> Option<State> {
        let (run, metric) = self.run?;
        serde_json::from_value(handed_over(run, metric)?).ok()
    }
}

/// What the annotation of a run has for a metric.
pub(super) fn handed_over(run: &ObjectMeta, metric: &str) -> Option<Value> {
    let mut states: BTreeMap<String, Value> = serde_json::from_str(run.annotation(HANDED_OVER)?).ok()?;
    states.remove(metric)
}

/// Those with which a window can begin at `now`. A source that tells whole windows would tell a part of the last one
/// again before the next is over.
fn figures(last: &Measurement, config: &Config, since: Since, now: Timestamp) -> Option<Figures> {
    let figures = Figures::read(last.metadata.get(FIGURES)?).ok()?;
    let least = match since {
        Since::Start => SignedDuration::ZERO,
        Since::Window => SignedDuration::try_from(config.window).ok()?,
    };
    let most = SignedDuration::try_from(config.window.saturating_mul(FRESH)).ok()?;
    let age = now.duration_since(figures.at());
    (least <= age && age <= most).then_some(figures)
}

/// Takes from a measurement what only the next one needs.
pub(in crate::analysis) fn forget(measurement: &mut Measurement) {
    measurement.metadata.retain(|key, _| !KEPT.contains(&key.as_str()));
}
