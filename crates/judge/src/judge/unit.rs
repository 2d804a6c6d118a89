//! One metric in one region.

use crate::config::{Config, Evidence, Kind, Metric};
use crate::counts::Counts;
use crate::dispersion::Dispersion;
use crate::interval::{Interval, quantile};
use crate::process::{Pool, Process, Rules, limit_of};
use crate::report::{Awaited, Both, Burn, Estimate, MetricReport, Missing, Quantile, Unsure};
use crate::seen::Seen;
use crate::verdict::Verdict;
use crate::window::Sample;
use serde::{Deserialize, Serialize};

/// Confidence of what is printed.
const ALPHA: f64 = 0.05;
/// Beyond this many times the evidence so far, a forecast says nothing.
const FARTHEST: f64 = 100.0;
/// The quantiles that are told of a latency.
const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

/// What is known of one metric in one region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) process: Process,
    pub(crate) seen: Seen,
}

impl Unit {
    pub(super) fn observe(
        &mut self,
        sample: Option<&Sample>,
        rules: &Rules<'_>,
        warming: bool,
        pool: Option<&mut Pool>,
    ) {
        match self.usable(sample, rules, warming, pool) {
            Ok(()) => {}
            Err(why) => self.seen.drop(why),
        }
    }

    fn usable<'s>(
        &mut self,
        sample: Option<&'s Sample>,
        rules: &Rules<'_>,
        warming: bool,
        pool: Option<&mut Pool>,
    ) -> Result<(), &'s str> {
        let metric = rules.metric;
        let checked = sample
            .ok_or("no reading")
            .and_then(|sample| sample.check(metric.kind.is_proportion()).map(|()| sample));
        let sample = checked.inspect_err(|_| self.seen.presence(false, false))?;
        let counts = sample.counts();
        let (canary, stable) = (counts.canary_exposure > 0.0, counts.stable_exposure > 0.0);
        if warming {
            self.seen.presence(canary, stable);
            self.process.warm_up(sample);
            return Err("warm-up");
        }
        if !canary || (metric.kind.compares() && !stable) {
            self.seen.presence(canary, stable);
            return Err(if canary { "stable had no traffic" } else { "the canary had no traffic" });
        }
        self.process.observe(sample, rules, pool).inspect_err(|_| self.seen.presence(false, false))?;
        self.seen.presence(canary, stable);
        let (expected, worth) = match sample {
            Sample::Strata(strata) => {
                (strata.iter().map(expected).sum(), strata.iter().map(Counts::worth).sum())
            }
            _ => (expected(&counts), counts.worth()),
        };
        self.seen.count(&counts, expected, worth, rules.seconds);
        Ok(())
    }

    /// The verdict on this metric here, by itself.
    pub(super) fn verdict(&self, metric: &Metric, config: &Config) -> Verdict {
        if self.breached(metric).is_some() || self.process.log_e_fail(metric) >= -config.alpha().ln() {
            return Verdict::Fail;
        }
        if !self.seen.there(config.no_data_after, metric.kind.compares()) {
            return Verdict::NoData;
        }
        let proven = self.process.log_e_pass(metric) >= -config.false_pass.ln();
        if proven && self.enough(metric, config) { Verdict::Pass } else { Verdict::NeedMoreData }
    }

    /// `minWindows` and `minRequests`, which are about requests: a rate's exposure has another unit.
    fn enough(&self, metric: &Metric, config: &Config) -> bool {
        let requests = !metric.kind.is_proportion() || self.seen.step_exposure >= config.min_requests;
        self.seen.step_windows >= config.min_windows && requests
    }

    pub(super) fn breached(&self, metric: &Metric) -> Option<Burn> {
        match &self.process {
            Process::BurnRate(rates) => rates.breached(metric),
            _ => None,
        }
    }

    pub(super) fn unsure(&self, metric: &Metric) -> Option<Unsure> {
        match &self.process {
            Process::BurnRate(rates) => rates.unsure(metric),
            _ => None,
        }
    }

    /// The burn rates that are not judged yet.
    fn awaited(&self, metric: &Metric) -> Vec<Awaited> {
        let (Process::BurnRate(it), Kind::BurnRate { rates, .. }) = (&self.process, &metric.kind) else {
            return Vec::new();
        };
        let waits = rates.iter().map(|rate| Awaited {
            factor: rate.factor,
            long_seconds: rate.long.as_secs(),
            short_seconds: rate.short.as_secs(),
            waits_seconds: it.waits(rate),
        });
        waits.filter(|it| it.waits_seconds > 0.0).collect()
    }

    pub(super) fn report(&self, metric: &Metric, region: &str, prior: f64, config: &Config) -> MetricReport {
        let totals = self.seen.totals();
        let most = if metric.kind.is_proportion() { 1.0 } else { 1e9 };
        let verdict = self.verdict(metric, config);
        let counted = !matches!(metric.kind, Kind::Gauge { .. }) && self.seen.windows > 0;
        let bad = counted && !matches!(metric.kind, Kind::Latency { .. });
        let mut report = MetricReport {
            name: metric.name.clone(),
            region: region.to_owned(),
            kind: metric.kind.as_str().to_owned(),
            proportion: metric.kind.is_proportion(),
            weight: metric.weight,
            verdict,
            windows: self.seen.windows,
            seconds: self.seen.seconds,
            exposure: counted
                .then_some(Both { canary: totals.canary_exposure, stable: totals.stable_exposure }),
            bad: bad.then_some(Both { canary: totals.canary_bad, stable: totals.stable_bad }),
            canary_rate: totals.canary_rate().filter(|_| bad),
            stable_rate: totals.stable_rate().filter(|_| bad),
            difference: None,
            ratio: None,
            quantiles: self.quantiles(),
            edges: Vec::new(),
            means: None,
            bounds: None,
            merged: None,
            limit: limit_of(metric),
            odds_worse: self.process.log_e_fail(metric).exp(),
            odds_not_worse: self.process.log_e_pass(metric).exp(),
            fails_at: 1.0 / config.alpha(),
            passes_at: 1.0 / config.false_pass,
            dispersion: self.process.dispersion(prior),
            dispersion_set: match metric.dispersion {
                Dispersion::Independent => Some(1.0),
                Dispersion::Bursts(size) => Some(size),
                Dispersion::Auto | Dispersion::Robust => None,
            },
            detectable: Vec::new(),
            missing: (verdict == Verdict::NeedMoreData).then(|| self.missing(metric, config)).flatten(),
            absent: self.seen.absent(config.no_data_after, metric.kind.compares()).map(str::to_owned),
            dropped: self.seen.dropped.clone(),
            breached: self.breached(metric),
            unsure: self.unsure(metric),
            awaited: self.awaited(metric),
            failed: None,
        };
        match &self.process {
            Process::Comparison(it) => {
                if let (Some(intervals), true) = (&it.intervals, bad) {
                    let difference = intervals.differences.interval(ALPHA, most);
                    report.difference =
                        self.seen.difference().map(|point| Estimate { point, interval: difference });
                    let ratio =
                        report.canary_rate.zip(report.stable_rate).filter(|(_, stable)| *stable > 0.0);
                    let point = ratio.map_or(f64::INFINITY, |(canary, stable)| canary / stable);
                    let any = totals.canary_bad + totals.stable_bad > 0.0;
                    report.ratio =
                        any.then(|| Estimate { point, interval: intervals.ratios.interval(ALPHA) });
                }
            }
            Process::Latency(it) => report.edges = it.edges(),
            Process::Gauge(it) => {
                if let Kind::Gauge { bounds } = metric.kind {
                    let [low, high] = it.bounds(bounds);
                    report.bounds = Some(Interval { low, high });
                    report.means = it.means();
                    report.merged = Some(it.merged());
                }
            }
            Process::Limit(_) | Process::BurnRate(_) => {}
        }
        report
    }

    fn quantiles(&self) -> Vec<Quantile> {
        let Process::Latency(it) = &self.process else { return Vec::new() };
        let of = |q: f64| Quantile {
            q,
            canary: quantile(&it.bounds, &it.canary, q, ALPHA),
            stable: quantile(&it.bounds, &it.stable, q, ALPHA),
        };
        QUANTILES.iter().map(|q| of(*q)).filter(|it| it.canary.is_some() || it.stable.is_some()).collect()
    }

    /// How much more it takes until a pass, if all goes on as it did: each alternative grows as it grew so far, and
    /// the mixture of them is followed to the threshold. `None` when that is out of sight.
    ///
    /// Judge 4 divides what lacks by the mean step of the mixture instead; that is too long at first, because the
    /// price of the mixture is paid only once.
    pub(super) fn missing(&self, metric: &Metric, config: &Config) -> Option<Missing> {
        let (windows, requests) = (f64::from(self.seen.windows), self.seen.totals().canary_exposure);
        let (windows_now, exposure_now) = match metric.evidence {
            Evidence::Release => (windows, requests),
            Evidence::Step => (f64::from(self.seen.step_windows), self.seen.step_exposure),
        };
        if windows_now < 1.0 {
            return None;
        }
        let seconds = self.seen.seconds / windows;
        let waits = match &self.process {
            Process::BurnRate(it) if seconds > 0.0 => it.waits_for_any(metric) / seconds,
            _ => 0.0,
        };
        let passes = |factor: f64| self.process.pass_after(metric, factor) >= -config.false_pass.ln();
        let evidence = if passes(1.0) || waits > 0.0 {
            1.0
        } else if passes(FARTHEST) {
            crate::bisect::boundary(1.0, FARTHEST, |factor| !passes(factor))
        } else {
            return None;
        };
        let lacking = (evidence - 1.0) * windows_now + waits;
        let floor = f64::from(config.min_windows.saturating_sub(self.seen.step_windows));
        let each = exposure_now / windows_now;
        let proportion = metric.kind.is_proportion() && each > 0.0;
        let requests = if proportion { (config.min_requests - self.seen.step_exposure) / each } else { 0.0 };
        let more = lacking.max(floor).max(requests).ceil();
        (more > 0.0).then_some(Missing { windows: more, exposure: more * each, seconds: more * seconds })
    }
}

/// What the canary would have shown with stable's rate.
fn expected(counts: &Counts) -> f64 {
    counts.stable_rate().map_or(0.0, |rate| rate * counts.canary_exposure)
}
