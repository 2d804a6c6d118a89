//! What becomes of a release that is still undecided at its deadline (judge 1).

use super::state::MetricState;
use super::{Judge, Unit};
use crate::config::{Config, Kind, Metric, OnInconclusive};
use crate::power::{Tempering, Test, n90};
use crate::process::Process;
use crate::verdict::{Ending, Verdict};

/// Confidence that the difference does not reach what must be detected.
const ALPHA: f64 = 0.05;

impl Judge {
    /// The ending at `maxWait`, and why, in a sentence. A release without data never passes.
    #[must_use]
    pub fn ending(&self) -> (Ending, String) {
        match self.verdict() {
            Verdict::Pass => (Ending::Pass, "every judged metric passed".to_owned()),
            Verdict::Fail => {
                let why = self.report().failure();
                (Ending::Fail, why.unwrap_or_else(|| "the canary is worse than the fail margin".to_owned()))
            }
            Verdict::NoData => self.without_data(),
            Verdict::NeedMoreData => self.undecided(),
        }
    }

    fn without_data(&self) -> (Ending, String) {
        let ending = match self.config.on_inconclusive {
            OnInconclusive::Fail => Ending::Fail,
            OnInconclusive::Pause | OnInconclusive::PassIfSafe => Ending::Pause,
        };
        (ending, "there is no data, which is never a pass".to_owned())
    }

    fn undecided(&self) -> (Ending, String) {
        match self.config.on_inconclusive {
            OnInconclusive::Pause => (Ending::Pause, "undecided in time: a person decides".to_owned()),
            OnInconclusive::Fail => (Ending::Fail, "undecided in time".to_owned()),
            OnInconclusive::PassIfSafe => match self.unsafe_metric() {
                None => (Ending::Pass, "a regression to mustDetect would have been caught".to_owned()),
                Some(why) => (Ending::Pause, why),
            },
        }
    }

    /// The first metric that could hide what must be detected, and why.
    fn unsafe_metric(&self) -> Option<String> {
        let judged = self.metrics().filter(|(metric, _)| metric.judged());
        let units =
            judged.flat_map(|(metric, state)| state.units.iter().map(move |unit| (metric, state, unit)));
        let mut open = units.filter(|(metric, _, unit)| unit.verdict(metric, &self.config) != Verdict::Pass);
        open.find_map(|(metric, state, unit)| unit.hides(metric, state, &self.config))
    }
}

impl Unit {
    /// By the same figures as the report's "could have seen": this metric alone must find it, with its part of the
    /// stake.
    fn hides(&self, metric: &Metric, state: &MetricState, config: &Config) -> Option<String> {
        let name = &metric.name;
        if let Process::BurnRate(it) = &self.process
            && it.waits_for_any(metric) > 0.0
        {
            return Some(format!(
                "{name}: no burn rate was judged yet, for none of its short windows is over"
            ));
        }
        if self.unsure(metric).is_some() {
            return Some(format!("{name}: too little is behind its burn rates"));
        }
        let (Process::Comparison(comparison), Some(detect)) = (&self.process, metric.must_detect) else {
            return Some(format!("{name} did not pass, and has no mustDetect"));
        };
        let seen = self.seen.totals().stable_rate().zip(self.seen.compared());
        let (Some((stable, exposure)), Some(intervals)) = (seen, &comparison.intervals) else {
            return Some(format!("{name} has no data of stable"));
        };
        if stable >= detect {
            return Some(format!("{name}: stable itself is at mustDetect"));
        }
        let tempering = Tempering::of(metric.dispersion, comparison.estimate.mean(state.prior));
        let test = Test { alpha: state.alpha(metric, config), margin: metric.fail_above, tempering };
        let needed = n90(stable, detect, exposure.stable_per_canary, &test);
        if needed.is_infinite() {
            let within = if detect <= test.margin.at(stable) { "within" } else { "hardly beyond" };
            return Some(format!("{name}: mustDetect is {within} failAbove at stable's rate"));
        }
        if exposure.canary < needed {
            let had = exposure.canary;
            return Some(format!("{name}: {had:.0} of the {needed:.0} canary requests that find mustDetect"));
        }
        if self.highest(config) < -test.alpha.ln() {
            return Some(format!("{name}: too few windows to find mustDetect"));
        }
        let most = if matches!(metric.kind, Kind::Rate) { 1e9 } else { 1.0 };
        let high = intervals.differences.interval(ALPHA, most).high;
        (high >= detect - stable).then(|| format!("{name}: mustDetect is not excluded yet"))
    }
}
