//! `aviary/compare`: canary against stable, window by window, by the sequential judge.
//!
//! ```yaml
//! provider:
//!   plugin:
//!     aviary/compare:
//!       source: {prometheus: {address: http://prometheus:9090}}
//!       maxWait: 10m
//!       metrics:
//!       - name: errors
//!         kind: proportion
//!         canary: {bad: 'sum(http_requests_total{hash="{{args.canary}}",code=~"5.."})', total: ...}
//!         stable: {bad: 'sum(http_requests_total{hash="{{args.stable}}",code=~"5.."})', total: ...}
//! ```
//!
//! The fields beside `source` are the judge's. The provider reads the counters of both arms at one instant and judges
//! nothing; here two readings become a window, and the windows a verdict. It is one measurement, however long it takes:
//! it stays Running, and what the judge knows is kept in its metadata, so a controller that dies loses no window that was
//! stored, and counts none twice. A verdict ends it; `maxWait` decides what becomes of one that is not reached.
//!
//! Evidence goes on through the measurements of a run and through the analysis steps of a release, so that `falseAborts`
//! holds for all of them together; a step of its own begins with the warm-up, `minWindows` and `minRequests`. In the
//! background, where the first pass would be the last word, `interval` makes it look on.

mod evidence;
mod figures;
mod handover;
mod source;

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{AnalysisPhase, Measurement, Metric, Time};
use jiff::{SignedDuration, Timestamp};
use judge::{Config, Ending, Error, Field, Judge, Mistakes, Verdict};
use serde_json::Value;

use super::{Outcome, Reading};
pub(super) use evidence::{Earlier, KEPT, forget};
use evidence::{FIGURES, Known, STATE};
use figures::{Figures, Since};
pub(crate) use handover::{HandedOver, hand_over};

/// The plugin's name in `provider.plugin`.
pub const NAME: &str = "aviary/compare";
/// What is known, in sentences.
const SUMMARY: &str = "summary";
/// How long a verdict may take when nobody says.
pub const MAX_WAIT: Duration = Duration::from_secs(30 * 60);

/// The configuration of a metric that compares; `None` for every other one.
pub(super) fn configuration(metric: &Metric) -> Option<&Value> {
    metric.provider.get("plugin")?.get(NAME)
}

/// What a metric asks the judge for; `None` for one that does not compare. Where figures come from is checked as well,
/// but for the settings of the metric system, which its provider knows.
///
/// # Errors
/// All that is wrong with it; each names its field, as it stands below the plugin's name, and the remedy.
#[must_use]
pub fn comparison(metric: &Metric) -> Option<Result<Config, Mistakes>> {
    configuration(metric).map(|written| config(written).map(|(config, _)| config))
}

/// Whether a metric that compares is told what was counted in a window, and not what was counted since a start.
#[must_use]
pub fn counts_by_window(metric: &Metric) -> bool {
    let source = configuration(metric).and_then(|written| source::of(written).ok());
    source.is_some_and(|source| source.since == Since::Window)
}

fn config(written: &Value) -> Result<(Config, Since), Mistakes> {
    let (read, source, unasked) = (Config::read(written, &["source"]), source::of(written), unasked(written));
    match (read, source) {
        (Ok(mut config), Ok(source)) if unasked.is_empty() => {
            // The first figures are of a time before there was anything to judge.
            config.warmup = config.warmup.saturating_add(source.delay);
            config.max_wait.get_or_insert(MAX_WAIT);
            Ok((config, source.since))
        }
        (read, source) => {
            let judges = read.err().into_iter().flatten();
            let all = Mistakes::of(judges.chain(source.err()).chain(unasked));
            Err(all.unwrap_or_else(|| {
                Error::Missing { field: Field::default(), remedy: "write its settings" }.into()
            }))
        }
    }
}

/// Metrics without queries. One with queries for one arm alone is refused by the judge, if it takes both.
fn unasked(written: &Value) -> Vec<Error> {
    let list = Field::default().member("metrics");
    let metrics = written.get("metrics").and_then(Value::as_array).into_iter().flatten().enumerate();
    let unasked =
        metrics.filter_map(|(index, metric)| Some((index, metric.as_object()?))).filter(|(_, metric)| {
            ["canary", "stable"].iter().all(|arm| metric.get(*arm).is_none_or(Value::is_null))
        });
    unasked
        .map(|(index, metric)| {
            let name = metric.get("name").and_then(Value::as_str);
            let field = list.item(index, &name.map_or_else(|| index.to_string(), str::to_owned));
            Error::Missing { field: field.member("canary"), remedy: "write its queries" }
        })
        .collect()
}

/// The same for a message.
fn told(mistakes: &Mistakes) -> String {
    format!("{NAME}: {mistakes}")
}

/// The measurement that a reading makes of what was known before.
pub(super) fn measured(written: &Value, earlier: Earlier<'_>, reading: &Reading) -> Measurement {
    let stored = earlier.same.and_then(|same| same.started_at);
    let started = stored.unwrap_or(Time::from(reading.started_at));
    let base = Measurement { started_at: Some(started), ..Measurement::default() };
    match judged(written, earlier, reading, started.timestamp()) {
        Ok(found) => found.measurement(base, reading),
        Err(why) => Measurement {
            phase: Some(AnalysisPhase::Error),
            message: why,
            finished_at: Some(Time::from(reading.finished_at)),
            metadata: earlier.kept(),
            ..base
        },
    }
}

/// Of a metric that is over: no window begins with its figures.
pub(super) fn over(measurement: &mut Measurement) {
    measurement.metadata.remove(FIGURES);
}

/// A measurement that was ended from outside keeps what was known by then.
pub(super) fn ended(measurement: Measurement, same: Option<&Measurement>) -> Measurement {
    let Some(same) = same else { return measurement };
    Measurement { value: same.value.clone(), metadata: same.metadata.clone(), ..measurement }
}

/// What is known after a reading.
struct Found {
    phase: AnalysisPhase,
    message: String,
    value: String,
    metadata: BTreeMap<String, String>,
    next: Duration,
}

impl Found {
    fn measurement(self, base: Measurement, reading: &Reading) -> Measurement {
        let over = self.phase.completed();
        let next = SignedDuration::try_from(self.next).unwrap_or(SignedDuration::MAX);
        let resume = reading.started_at.saturating_add(next).unwrap_or(Timestamp::MAX);
        Measurement {
            phase: Some(self.phase),
            message: self.message,
            value: self.value,
            metadata: self.metadata,
            finished_at: over.then(|| Time::from(reading.finished_at)),
            resume_at: (!over).then(|| Time::from(resume)),
            ..base
        }
    }
}

fn judged(
    written: &Value,
    earlier: Earlier<'_>,
    reading: &Reading,
    started: Timestamp,
) -> Result<Found, String> {
    let (config, since) = config(written).map_err(|mistakes| told(&mistakes))?;
    let Known { mut judge, figures: before } = earlier.known(&config, since, reading.started_at)?;
    let now = match &reading.outcome {
        Outcome::Error(why) if before.is_none() => return Err(why.clone()),
        Outcome::Error(why) => Err(why.clone()),
        _ => Ok(Figures::of(reading)?),
    };
    let used = judge.used();
    match (&before, &now) {
        (Some(before), Ok(now)) => {
            judge.observe(&figures::window(&config, before, now, since));
        }
        (Some(before), Err(why)) => judge.observe(&figures::gap(&config, before, reading.started_at, why)),
        (None, _) => {}
    }
    let looked = judge.used() > used;
    // What was counted in a window that could not be read comes with the next one, of both arms.
    let figures = match now {
        Ok(now) => now.after(before.as_ref().filter(|_| since == Since::Start)),
        Err(_) => before.unwrap_or_default().without_figures(reading.started_at),
    };
    Ok(found(&config, &judge, &figures, looked, reading.started_at.duration_since(started)))
}

fn found(config: &Config, judge: &Judge, figures: &Figures, looked: bool, waited: SignedDuration) -> Found {
    let report = judge.report();
    let late = waited
        >= SignedDuration::try_from(config.max_wait.unwrap_or(MAX_WAIT)).unwrap_or(SignedDuration::MAX);
    let (phase, message) = match report.verdict {
        Verdict::Fail => (AnalysisPhase::Failed, report.failure().unwrap_or_default()),
        // What was known before is no pass of a measurement that could not use what it saw.
        Verdict::Pass if looked => (AnalysisPhase::Successful, String::new()),
        Verdict::NeedMoreData | Verdict::NoData if late => ending(judge),
        Verdict::Pass | Verdict::NeedMoreData | Verdict::NoData => (AnalysisPhase::Running, String::new()),
    };
    let metadata = BTreeMap::from([
        ("verdict".to_owned(), report.verdict.to_string()),
        ("odds".to_owned(), figures::odds(report.odds)),
        (SUMMARY.to_owned(), report.sentences().join("\n")),
        // Plain data without maps of other keys than text: it can always be written.
        (STATE.to_owned(), serde_json::to_string(judge.state()).unwrap_or_default()),
        (FIGURES.to_owned(), serde_json::to_string(figures).unwrap_or_default()),
    ]);
    Found { phase, message, value: figures::value(&report), metadata, next: config.window }
}

fn ending(judge: &Judge) -> (AnalysisPhase, String) {
    let (ending, why) = judge.ending();
    let phase = match ending {
        Ending::Pass => AnalysisPhase::Successful,
        Ending::Fail => AnalysisPhase::Failed,
        Ending::Pause => AnalysisPhase::Inconclusive,
    };
    (phase, why)
}
