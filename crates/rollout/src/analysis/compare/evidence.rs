//! What a comparison knows, and how it goes on from look to look.
//!
//! `falseAborts` is promised for a release, not for a measurement. So evidence is never thrown away within one: a
//! measurement that ends leaves what it knew to the next of its run, and a run to the next run of the same release
//! ([`hand_over`]). What a failed attempt knew ends with it.

use std::collections::BTreeMap;

use crd::{AnalysisPhase, AnalysisRun, Measurement, ObjectMeta, names};
use jiff::{SignedDuration, Timestamp};
use judge::{Config, Judge, State};
use serde_json::Value;

use super::configuration;
use super::figures::Figures;

/// What the judge knows, in a measurement's metadata.
pub(super) const STATE: &str = "aviary.dev/judge";
/// The figures that the next window begins with.
pub(super) const FIGURES: &str = "aviary.dev/figures";
/// Annotation of an AnalysisRun: what the run before it knew when it ended, by metric.
const HANDED_OVER: &str = "aviary.dev/evidence";
/// Bytes of annotations that an object may have are 256 KiB; so many are left to others.
const LONGEST: usize = 200 * 1024;
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
    pub(super) fn known(&self, config: &Config, now: Timestamp) -> Result<Known, String> {
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
            figures: self.last.and_then(|last| figures(last, config, now)),
        })
    }

    /// The judge of a measurement that begins.
    fn judge(&self, config: &Config) -> Judge {
        let state = self.last.and_then(|last| serde_json::from_str(last.metadata.get(STATE)?).ok());
        if let Some(judge) = state.and_then(|state| Judge::restore(config, state).ok()) {
            return judge;
        }
        let before = self.handed_over().and_then(|state| Judge::restore(config, state).ok());
        before.map_or_else(
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
        [STATE, FIGURES].into_iter().filter_map(of).collect()
    }

    fn handed_over(&self) -> Option<State> {
        let (run, metric) = self.run?;
        let mut states: BTreeMap<String, Value> = serde_json::from_str(run.annotation(HANDED_OVER)?).ok()?;
        serde_json::from_value(states.remove(metric)?).ok()
    }
}

/// Those with which a window can begin at `now`.
fn figures(last: &Measurement, config: &Config, now: Timestamp) -> Option<Figures> {
    let figures = Figures::read(last.metadata.get(FIGURES)?).ok()?;
    let oldest = SignedDuration::try_from(config.window.saturating_mul(FRESH)).ok()?;
    (now.duration_since(figures.at()) <= oldest).then_some(figures)
}

/// Takes from a measurement what only the next one needs.
pub(in crate::analysis) fn forget(measurement: &mut Measurement) {
    measurement.metadata.retain(|key, _| key != STATE && key != FIGURES);
}

/// What one run leaves to the next.
pub(crate) struct HandedOver<'r> {
    /// Name of the run that it comes from.
    pub(crate) from: &'r str,
    /// To be set on the other.
    pub(crate) annotation: (String, String),
}

/// By what the run `to` goes on with what the runs before it knew; `None` if none of its metrics compares, or none of
/// the runs is an earlier one of the same release. Too much for an annotation is an error, in words.
pub(crate) fn hand_over<'r>(
    earlier: impl Iterator<Item = &'r AnalysisRun>,
    to: &AnalysisRun,
) -> Option<Result<HandedOver<'r>, String>> {
    let place = place(&to.metadata)?;
    if !to.spec.metrics.iter().any(|metric| configuration(metric).is_some()) {
        return None;
    }
    let hash = to.metadata.label(names::POD_TEMPLATE_HASH);
    let of_the_version = earlier.filter(|run| run.metadata.label(names::POD_TEMPLATE_HASH) == hash);
    let placed = of_the_version.filter_map(|run| Some((self::place(&run.metadata)?, run)));
    let of_the_kind = placed.filter(|((kind, _), _)| *kind == place.0);
    let ((_, before), run) = of_the_kind
        .max_by_key(|((_, index), run)| (run.metadata.creation_timestamp, *index, &run.metadata.name))?;
    let goes_on = match run.status.phase {
        // That attempt is over. A run that was never asked anything knows nothing.
        Some(AnalysisPhase::Failed | AnalysisPhase::Error) | None => false,
        // A person went on after it could not tell.
        Some(AnalysisPhase::Inconclusive) => before <= place.1,
        // As far as that, or farther: the steps began anew, by `retry` or since they were changed.
        Some(_) => before < place.1,
    };
    if !goes_on {
        return None;
    }
    let known = |metric: &crd::Metric| {
        let result = super::super::result(&run.status.metric_results, &metric.name)?;
        let text = result.measurements.last()?.metadata.get(STATE)?;
        Some((metric.name.clone(), serde_json::from_str(text).ok()?))
    };
    let compared = to.spec.metrics.iter().filter(|metric| configuration(metric).is_some());
    let states: BTreeMap<String, Value> = compared.filter_map(known).collect();
    if states.is_empty() {
        return None;
    }
    let text = serde_json::to_string(&states).ok()?;
    Some(if text.len() > LONGEST {
        let (name, length) = (&run.metadata.name, text.len());
        Err(format!("what {name} knew is too long for an annotation ({length} bytes): it is compared anew"))
    } else {
        Ok(HandedOver { from: &run.metadata.name, annotation: (HANDED_OVER.to_owned(), text) })
    })
}

/// Which runs go on from one another, and in which order they come.
fn place(metadata: &ObjectMeta) -> Option<(Chain, i32)> {
    match metadata.label(names::ROLLOUT_TYPE) {
        "Step" => Some((Chain::Steps, metadata.label(names::STEP_INDEX).parse().ok()?)),
        "Background" => Some((Chain::Background, 0)),
        "PrePromotion" => Some((Chain::BlueGreen, 0)),
        "PostPromotion" => Some((Chain::BlueGreen, 1)),
        _ => None,
    }
}

/// Runs that are not beside each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chain {
    Steps,
    Background,
    BlueGreen,
}
