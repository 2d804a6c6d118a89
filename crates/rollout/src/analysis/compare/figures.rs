//! What was read of both arms, and the windows between two readings.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use judge::{Buckets, Config, Counts, Kind, Report, Sample, Window};
use serde::{Deserialize, Serialize};

use super::super::Reading;

/// What one reading found, by metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Figures {
    /// When it was read.
    at: Timestamp,
    metrics: BTreeMap<String, Arms>,
}

/// The figures of one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arms {
    #[serde(default)]
    canary: Arm,
    #[serde(default)]
    stable: Arm,
}

/// The answers to an arm's queries, by their field: `bad`, `total`, `count`, `exposure`, `value`; `buckets` by their
/// upper ends, and `strata` by their names.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Arm {
    #[serde(default, flatten)]
    fields: Fields,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    buckets: Fields,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    strata: BTreeMap<String, Fields>,
    /// By how much all that was counted fell each time, by stratum: what went away may come back with its whole history.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    fell: BTreeMap<String, Vec<f64>>,
}

type Fields = BTreeMap<String, f64>;

impl Figures {
    /// Those of a reading: its value is the provider's JSON.
    pub(super) fn of(reading: &Reading) -> Result<Self, String> {
        let metrics = serde_json::from_str(&reading.value)
            .map_err(|error| format!("the provider's answer cannot be read: {error}"))?;
        Ok(Self { at: reading.started_at, metrics })
    }

    /// Those that an earlier measurement kept.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text)
            .map_err(|error| format!("the figures of the last window were changed: {error}"))
    }

    /// When they were read.
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    /// The same moment later, when nothing could be read.
    pub(super) fn without_figures(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }

    /// What the next window begins with: counters that were not told this time grow from where they were last seen.
    pub(super) fn after(mut self, earlier: Option<&Self>) -> Self {
        for (name, old) in earlier.iter().flat_map(|earlier| &earlier.metrics) {
            self.metrics.entry(name.clone()).or_default().go_on(old);
        }
        self
    }
}

impl Arms {
    /// When one arm does not tell how much there was, both wait for it, for they are counted over the same time. That
    /// holds for each stratum as well.
    fn go_on(&mut self, old: &Self) {
        if self.lacks(old) {
            self.clone_from(old);
            return;
        }
        // More of them than that are no strata; what is not told then is forgotten.
        let strata = [&old.canary, &old.stable, &self.canary, &self.stable];
        let names: BTreeSet<String> = strata.iter().flat_map(|arm| arm.strata.keys().cloned()).collect();
        for name in names.iter().filter(|_| names.len() <= MOST_STRATA) {
            let gone = |old: &Arm, new: &Arm| lacks(old.stratum(name), new.stratum(name));
            if gone(&old.canary, &self.canary) || gone(&old.stable, &self.stable) {
                self.canary.strata.insert(name.clone(), old.canary.stratum(name).clone());
                self.stable.strata.insert(name.clone(), old.stable.stratum(name).clone());
            }
        }
        self.canary.go_on(&old.canary);
        self.stable.go_on(&old.stable);
    }

    fn lacks(&self, old: &Self) -> bool {
        self.canary.lacks(&old.canary) || self.stable.lacks(&old.stable)
    }
}

impl Arm {
    /// Whether it does not tell how much there was, and the other did.
    fn lacks(&self, old: &Self) -> bool {
        lacks(&old.fields, &self.fields)
            || (self.buckets.is_empty() && !old.buckets.is_empty())
            || (self.strata.is_empty() && !old.strata.is_empty())
    }

    /// The fields of a stratum, which may be none.
    fn stratum(&self, name: &str) -> &Fields {
        static NONE: Fields = Fields::new();
        self.strata.get(name).unwrap_or(&NONE)
    }

    /// All that was counted, of a stratum or (with an empty name) of the arm.
    fn all(&self, stratum: &str) -> Option<f64> {
        let fields = if stratum.is_empty() { &self.fields } else { self.stratum(stratum) };
        let told = ALL.iter().find_map(|all| fields.get(*all)).copied();
        let most = || self.buckets.values().copied().reduce(f64::max);
        told.or_else(|| if stratum.is_empty() { most() } else { None })
    }

    /// Names for [`Arm::all`].
    fn parts(&self) -> impl Iterator<Item = &str> {
        std::iter::once("").chain(self.strata.keys().map(String::as_str))
    }

    /// By how much all grew since, which is negative when it fell.
    fn growth(&self, old: &Self, part: &str) -> Option<f64> {
        Some(self.all(part)? - old.all(part)?)
    }

    fn go_on(&mut self, old: &Self) {
        self.fell.clone_from(&old.fell);
        let parts: Vec<String> = self.parts().map(str::to_owned).collect();
        for part in parts {
            let growth = self.growth(old, &part).unwrap_or_default();
            let fell = growth < 0.0;
            let falls = self.fell.entry(part.clone()).or_default();
            falls.retain(|fall| growth < *fall);
            if fell {
                falls.push(-growth);
                falls.sort_by(|one, other| other.total_cmp(one));
                falls.truncate(MOST_FALLS);
            }
            // What is missing after a fall began anew: its old counts are gone.
            if part.is_empty() && !fell {
                keep(&mut self.fields, &old.fields);
                keep(&mut self.buckets, &old.buckets);
            } else if let (false, Some(old)) = (fell, old.strata.get(&part)) {
                keep(self.strata.entry(part).or_default(), old);
            }
        }
        let Self { fell, strata, .. } = self;
        fell.retain(|part, falls| !falls.is_empty() && (part.is_empty() || strata.contains_key(part)));
    }

    /// Whether it grew by at least as much as it fell by once: then what went away may be back, with its whole history.
    fn came_back(&self, old: &Self, part: &str) -> bool {
        let falls = old.fell.get(part).zip(self.growth(old, part));
        falls.is_some_and(|(falls, growth)| falls.iter().any(|fall| growth >= *fall))
    }
}

/// Fields that tell how much there was.
const ALL: [&str; 2] = ["total", "exposure"];
/// Falls that are remembered of a counter: the deepest ones.
const MOST_FALLS: usize = 8;
/// Strata that are kept for the next window, of both arms.
const MOST_STRATA: usize = 100;

/// Whether `new` does not tell how much there was, and `old` did.
fn lacks(old: &Fields, new: &Fields) -> bool {
    ALL.iter().any(|all| old.contains_key(*all) && !new.contains_key(*all))
}

fn keep(new: &mut Fields, old: &Fields) {
    for (field, number) in old {
        new.entry(field.clone()).or_insert(*number);
    }
}

fn length(from: Timestamp, to: Timestamp) -> f64 {
    let length = to.duration_since(from);
    SignedDuration::max(length, SignedDuration::ZERO).as_secs_f64()
}

/// What lies between two readings.
pub(super) fn window(config: &Config, before: &Figures, now: &Figures, since: Since) -> Window {
    let samples = config.metrics.iter().map(|metric| {
        let of = |figures: &Figures| figures.metrics.get(&metric.name).cloned().unwrap_or_default();
        let between = Between { old: &of(before), new: &of(now), since };
        let sample = between.sample(&metric.kind, metric.strata.is_some());
        (metric.name.as_str(), sample.unwrap_or_else(|why| Sample::Dropped(why.to_owned())))
    });
    samples.fold(Window::of(length(before.at, now.at)), |window, (name, sample)| window.with(name, sample))
}

/// A window in which nothing could be read.
pub(super) fn gap(config: &Config, before: &Figures, now: Timestamp, why: &str) -> Window {
    let names = config.metrics.iter().map(|metric| metric.name.as_str());
    names.fold(Window::of(length(before.at, now)), |window, name| {
        window.with(name, Sample::Dropped(why.to_owned()))
    })
}

/// Since when a source counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Counters that only grow: a window is the difference of two readings.
    Start,
    /// What is told is the window's own.
    Window,
}

/// The figures of a metric at both ends of a window.
struct Between<'f> {
    old: &'f Arms,
    new: &'f Arms,
    since: Since,
}

/// Why a window that a counter fell in is of no use: what went away may have counted for weeks.
const FELL: &str = "a counter fell: a pod restarted or went away";

/// Likewise: what is back brings its whole history.
const BACK: &str = "a counter grew by what it had lost: a pod that was not seen is back";

impl Between<'_> {
    fn sample(&self, kind: &Kind, in_strata: bool) -> Result<Sample, &'static str> {
        let back = |old: &Arm, new: &Arm| new.parts().any(|part| new.came_back(old, part));
        if self.since == Since::Start
            && (back(&self.old.canary, &self.new.canary) || back(&self.old.stable, &self.new.stable))
        {
            return Err(BACK);
        }
        let counts = |bad: &str, all: &str| {
            if in_strata {
                self.strata(bad, all).map(Sample::Strata)
            } else {
                let (old, new) = (self.old, self.new);
                let canary = self.grown([bad, all], &old.canary.fields, &new.canary.fields)?;
                let stable = self.grown([bad, all], &old.stable.fields, &new.stable.fields)?;
                Ok(Sample::Counts(both(canary, stable)))
            }
        };
        match kind {
            Kind::Proportion | Kind::BurnRate { .. } => counts("bad", "total"),
            Kind::Limit { .. } if self.new.canary.fields.contains_key("total") => counts("bad", "total"),
            Kind::Rate | Kind::Limit { .. } => counts("count", "exposure"),
            Kind::Gauge { .. } => {
                let value = |arm: &Arm| arm.fields.get("value").copied().ok_or("a gauge had no value");
                let (canary, stable) = (value(&self.new.canary)?, value(&self.new.stable)?);
                Ok(Sample::Means { canary, stable })
            }
            Kind::Latency { .. } => self.histogram(),
        }
    }

    /// Bad ones and all of an arm. A counter of bad ones that was not there before began at nothing: it comes with the
    /// first of them. Without all at both ends there is nothing to say: they may have been counted for weeks.
    fn grown(&self, [bad, all]: [&str; 2], old: &Fields, new: &Fields) -> Result<[f64; 2], &'static str> {
        let (Some(now), before) = (new.get(all), old.get(all)) else { return Ok([0.0; 2]) };
        if self.since == Since::Start && before.is_none() {
            return Ok([0.0; 2]);
        }
        let bad = match new.get(bad) {
            Some(now) => self.difference(old.get(bad), *now)?,
            None => 0.0,
        };
        Ok([bad, self.difference(before, *now)?])
    }

    /// How much a counter grew.
    fn difference(&self, before: Option<&f64>, now: f64) -> Result<f64, &'static str> {
        match (self.since, before) {
            (Since::Window, _) | (Since::Start, None) => Ok(now),
            (Since::Start, Some(before)) if now >= *before => Ok(now - before),
            (Since::Start, Some(_)) => Err(FELL),
        }
    }

    /// The same of a counter that must have been there before.
    fn since_then(&self, before: Option<&f64>, now: f64) -> Result<f64, &'static str> {
        if self.since == Since::Start && before.is_none() {
            return Err("a bucket is there for the first time");
        }
        self.difference(before, now)
    }

    /// In the order of their names, which is the same in every window.
    fn strata(&self, bad: &str, all: &str) -> Result<Vec<Counts>, &'static str> {
        let arms = [&self.old.canary, &self.old.stable, &self.new.canary, &self.new.stable];
        let names: BTreeSet<&String> = arms.iter().flat_map(|arm| arm.strata.keys()).collect();
        let each = names.into_iter().map(|name| {
            let canary = (self.old.canary.stratum(name), self.new.canary.stratum(name));
            let stable = (self.old.stable.stratum(name), self.new.stable.stratum(name));
            let silent = |(old, new): (&Fields, &Fields)| self.since == Since::Start && lacks(old, new);
            if silent(canary) || silent(stable) {
                return Ok(Counts::default());
            }
            let grown = |(old, new): (&Fields, &Fields)| self.grown([bad, all], old, new);
            Ok(both(grown(canary)?, grown(stable)?))
        });
        each.collect()
    }

    fn histogram(&self) -> Result<Sample, &'static str> {
        let (bounds, canary) = self.buckets(&self.old.canary, &self.new.canary)?;
        let (other, stable) = self.buckets(&self.old.stable, &self.new.stable)?;
        if bounds != other {
            return Err("the histograms of both arms have other boundaries");
        }
        Ok(Sample::Buckets(Buckets { bounds, canary, stable }))
    }

    /// The finite bounds in ascending order, and what each bucket counted in the window; the last one has no bound.
    fn buckets(&self, old: &Arm, new: &Arm) -> Result<(Vec<f64>, Vec<f64>), &'static str> {
        const NONE: &str = "a histogram had no buckets";
        if self.since == Since::Start && old.buckets.is_empty() {
            return Err(NONE);
        }
        let mut up_to: Vec<(f64, f64)> = Vec::new();
        for (name, now) in &new.buckets {
            let bound = name.parse().map_err(|_| NONE)?;
            up_to.push((bound, self.since_then(old.buckets.get(name), *now)?));
        }
        up_to.sort_by(|one, other| one.0.total_cmp(&other.0));
        if let (Some((bound, _)), Some(all)) = (up_to.last(), new.fields.get("total"))
            && bound.is_finite()
        {
            // Whoever tells no last bucket tells how many there are in all.
            up_to.push((f64::INFINITY, self.since_then(old.fields.get("total"), *all)?));
        }
        if up_to.last().is_none_or(|(bound, _)| bound.is_finite()) {
            return Err(NONE);
        }
        let mut below = 0.0;
        let own = up_to.iter().map(|(_, count)| {
            let own = (count - below).max(0.0);
            below = *count;
            own
        });
        let counts = own.collect();
        Ok((up_to.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite()).collect(), counts))
    }
}

fn both([canary_bad, canary]: [f64; 2], [stable_bad, stable]: [f64; 2]) -> Counts {
    Counts::new(canary, stable, canary_bad, stable_bad)
}

/// Odds for people.
pub(super) fn odds(odds: f64) -> String {
    match odds {
        odds if odds > 1e6 => "over 1000000".to_owned(),
        odds if odds >= 10.0 => format!("{odds:.0}"),
        odds => format!("{odds:.2}"),
    }
}

/// The verdict and what it rests on, in one line.
pub(super) fn value(report: &Report) -> String {
    let percent = |rate: f64| format!("{:.2} %", rate * 100.0);
    let metrics = report.metrics.iter().filter_map(|metric| {
        // What has a limit is not held against stable.
        let (canary, stable) = (metric.canary_rate?, metric.stable_rate.filter(|_| metric.limit.is_none()));
        let shown = |rate: f64| if metric.proportion { percent(rate) } else { format!("{rate:.3}") };
        let beside = stable.map(|stable| format!(", stable {}", shown(stable))).unwrap_or_default();
        Some(format!("{}: canary {}{beside}", metric.name, shown(canary)))
    });
    let reached = match report.culprit.as_ref().filter(|culprit| culprit.burn.is_some()) {
        Some(culprit) => format!("{} burns its budget", culprit.metric),
        None => format!("odds {} : 1", odds(report.odds)),
    };
    let mut parts = vec![report.verdict.to_string(), reached];
    parts.extend(metrics);
    parts.join("; ")
}
