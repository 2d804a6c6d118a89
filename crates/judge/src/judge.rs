//! The judge itself: windows in, verdicts out.

mod detection;
mod ending;
mod state;
mod unit;

pub use state::{RestoreError, State};
pub(crate) use unit::Unit;

use crate::config::{Config, Kind, Metric};
use crate::log_sum::{log_mean_exp, log_sum_exp};
use crate::portfolio::{cap, restart_share};
use crate::process::Rules;
use crate::report::{Culprit, Report};
use crate::verdict::Verdict;
use crate::window::Window;
use state::{Failed, MetricState};

/// Judges one release attempt.
///
/// It is told a [`Window`] after the other and may be asked for its verdict after each, as often as one likes, without
/// raising the chance of a false abort. Each window costs the same, however long the release has lasted. What it knows
/// is plain data: [`Judge::state`] can be kept anywhere and [`Judge::restore`]d, with the same answers bit for bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Judge {
    config: Config,
    state: State,
}

impl Judge {
    /// A judge of a release in one cluster.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::in_regions(config, &[""])
    }

    /// A judge of one release in several regions (judge 2.9). A regression everywhere is found with the traffic of all
    /// of them, and a regression in one still is found; every region must pass. Without a name there is one region.
    #[must_use]
    pub fn in_regions(config: &Config, regions: &[&str]) -> Self {
        Self { config: config.clone(), state: State::new(config, regions) }
    }

    /// A judge that goes on where another stopped.
    pub fn restore(config: &Config, state: State) -> Result<Self, RestoreError> {
        state.fits(config)?;
        Ok(Self { config: config.clone(), state })
    }

    /// All that it knows.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What it was asked to judge.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Tells it the dispersion that stable showed before the release ([`crate::learn_dispersion`]): where errors come
    /// in bursts, that lowers false aborts. Before the first window; `false` if there is no such metric or it is late.
    pub fn expect_dispersion(&mut self, metric: &str, phi: f64) -> bool {
        let sound = self.state.windows == 0 && phi.is_finite();
        let mut metrics = self.config.metrics.iter().zip(&mut self.state.metrics);
        match metrics.find(|(of, _)| of.name == metric && sound) {
            Some((_, state)) => {
                state.prior = phi.max(1.0);
                true
            }
            None => false,
        }
    }

    /// The weight changed: `minWindows` and `minRequests` count anew, and so does evidence that counts per step. Its new
    /// pods are cold, so the warm-up begins again. Evidence that the canary is worse goes on through all steps.
    pub fn begin_step(&mut self) {
        self.state.warmed = 0.0;
        for (metric, state) in self.config.metrics.iter().zip(&mut self.state.metrics) {
            for unit in &mut state.units {
                unit.seen.begin_step();
                unit.process.begin_step(metric);
            }
        }
    }

    /// Adds a window. What cannot be used in it is dropped, with the reason kept for the report.
    pub fn observe(&mut self, window: &Window) {
        let warming = self.state.warmed < self.config.warmup.as_secs_f64();
        let seconds = if window.seconds.is_finite() { window.seconds.max(0.0) } else { 0.0 };
        if warming {
            self.state.warmed += seconds;
        }
        self.state.windows += 1;
        let (share, cap) = (restart_share(seconds), cap(self.config.alpha()));
        let State { regions, metrics, .. } = &mut self.state;
        for (metric, state) in self.config.metrics.iter().zip(metrics) {
            let rules = Rules { metric, share, cap, seconds, prior: state.prior };
            state.observe(window, regions, &rules, warming);
        }
        self.decide();
    }

    /// How many windows were evidence, of all metrics and regions together: what is not used does not count.
    #[must_use]
    pub fn used(&self) -> u64 {
        let units = self.state.metrics.iter().flat_map(|metric| &metric.units);
        units.map(|unit| u64::from(unit.seen.windows)).sum()
    }

    /// Evidence that fails, in the order of judge 1: it is sticky.
    fn decide(&mut self) {
        let log_e = self.log_e();
        self.state.highest = self.state.highest.max(log_e);
        if self.state.failed.is_some() {
            return;
        }
        let by_evidence = || (log_e >= self.fails_at()).then(|| self.culprit())?;
        if let Some(culprit) = self.breach().or_else(by_evidence) {
            let log_e = culprit.burn.is_none().then_some(log_e);
            self.state.failed = Some(Failed { window: self.state.windows, culprit, log_e });
        }
    }

    /// The logarithm of what fails a release.
    fn fails_at(&self) -> f64 {
        -self.config.alpha().ln()
    }

    /// A rule about burn rates that is broken.
    fn breach(&self) -> Option<Culprit> {
        let judged = self.metrics().filter(|(metric, _)| metric.judged());
        judged.filter(|(metric, _)| matches!(metric.kind, Kind::BurnRate { .. })).find_map(
            |(metric, state)| {
                let regions = self.state.regions.iter().zip(&state.units);
                let mut broken = regions.filter_map(|(region, unit)| Some((region, unit.breached(metric)?)));
                let (region, burn) = broken.next()?;
                Some(Culprit {
                    metric: metric.name.clone(),
                    region: region.clone(),
                    odds: None,
                    burn: Some(burn),
                })
            },
        )
    }

    /// Which metric, and where, carries the most evidence.
    fn culprit(&self) -> Option<Culprit> {
        let weighed = self.weighed().max_by(|one, other| one.2.total_cmp(&other.2))?;
        let (metric, state, _) = weighed;
        let regions = self.state.regions.iter().zip(&state.units);
        let each = regions.map(|(region, unit)| (region, unit.process.log_e_fail(metric)));
        let (region, log_e) = each.max_by(|one, other| one.1.total_cmp(&other.1))?;
        let everywhere = state.units.len() > 1 && state.log_e_pooled().is_some_and(|pooled| pooled > log_e);
        let region = if everywhere { String::new() } else { region.clone() };
        let odds = Some(state.log_e(metric).exp());
        Some(Culprit { metric: metric.name.clone(), region, odds, burn: None })
    }

    fn metrics(&self) -> impl Iterator<Item = (&Metric, &MetricState)> {
        self.config.metrics.iter().zip(&self.state.metrics)
    }

    /// Metrics with evidence, and its logarithm plus that of its weight.
    fn weighed(&self) -> impl Iterator<Item = (&Metric, &MetricState, f64)> + Clone {
        let judged = || {
            let metrics = self.config.metrics.iter().zip(&self.state.metrics);
            metrics.filter(|(metric, _)| metric.judged() && !matches!(metric.kind, Kind::BurnRate { .. }))
        };
        let total: f64 = judged().map(|(metric, _)| metric.weight).sum();
        judged()
            .map(move |(metric, state)| (metric, state, (metric.weight / total).ln() + state.log_e(metric)))
    }

    /// The logarithm of the evidence against the release: the weighted average over metrics (judge 2.9), which is
    /// valid however they depend on each other. It is compared with `ln(1/falseAborts)`.
    #[must_use]
    pub fn log_e(&self) -> f64 {
        let log_e = log_sum_exp(self.weighed().map(|(_, _, log_e)| log_e));
        // Burn rates alone have no evidence.
        if log_e == f64::NEG_INFINITY { 0.0 } else { log_e }
    }

    /// What can be said now (judge 1).
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        if self.state.failed.is_some() {
            return Verdict::Fail;
        }
        let judged = self.metrics().filter(|(metric, _)| metric.judged());
        let verdicts = judged.flat_map(|(metric, state)| {
            state.units.iter().map(move |unit| unit.verdict(metric, &self.config))
        });
        let mut all = Verdict::Pass;
        for verdict in verdicts {
            match verdict {
                Verdict::NoData => return Verdict::NoData,
                Verdict::Pass => {}
                // One metric alone is not enough to fail a release of several.
                Verdict::NeedMoreData | Verdict::Fail => all = Verdict::NeedMoreData,
            }
        }
        all
    }

    /// The verdict with everything that it rests on.
    #[must_use]
    pub fn report(&self) -> Report {
        let metrics = self.metrics().flat_map(|(metric, state)| {
            let units = self.state.regions.iter().zip(&state.units);
            units.map(move |(region, unit)| self.told(metric, state, region, unit))
        });
        let failed = self.state.failed.as_ref();
        Report {
            verdict: self.verdict(),
            windows: self.state.windows,
            odds: self.log_e().exp(),
            fails_at: 1.0 / self.config.alpha(),
            p_value: (-self.state.highest).exp().min(1.0),
            failed_in_window: failed.map(|failed| failed.window),
            failed_at_odds: failed.and_then(|failed| failed.log_e).map(f64::exp),
            culprit: failed.map(|failed| failed.culprit.clone()),
            metrics: metrics.collect(),
        }
    }
}

impl MetricState {
    /// Evidence of the metric: in several regions, half of it rests on the mean of theirs, half on the process that
    /// adds them up window by window (judge 2.9).
    fn log_e(&self, metric: &Metric) -> f64 {
        let each = log_mean_exp(self.units.iter().map(|unit| unit.process.log_e_fail(metric)));
        self.log_e_pooled().map_or(each, |pooled| log_mean_exp([each, pooled].into_iter()))
    }

    fn log_e_pooled(&self) -> Option<f64> {
        let pooled = self.pooled.iter().map(crate::portfolio::Portfolio::log_e);
        (!self.pooled.is_empty()).then(|| log_mean_exp(pooled))
    }
}
