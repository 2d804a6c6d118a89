//! The figures of a planned release, and the sentences for them.

use super::{Exposure, POWER, Tempering, Test, detectable, n90, requests_to_pass};
use crate::config::{Config, Evidence, Kind, Metric};
use crate::report::words::{duration, number, percent, rounded};
use std::time::Duration;

/// What is left of the evidence that is needed, below which nothing is left but rounding.
const NOTHING: f64 = 1e-6;

/// One planned step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanStep {
    /// The canary's share of the traffic, between 0 and 1.
    pub share: f64,
    /// How long it lasts.
    pub duration: Duration,
}

/// A planned release.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Requests in a second, of both arms.
    pub rate: f64,
    /// Stable's rate of bad events.
    pub stable: f64,
    /// Steps that were before, if the comparison goes on with what they gave. Times count from their end.
    pub earlier: Vec<PlanStep>,
    /// The steps, in order.
    pub steps: Vec<PlanStep>,
}

/// What a plan can find out about one proportion.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Requests of the canary in the steps.
    pub canary_requests: f64,
    /// Those in the steps before.
    pub earlier_requests: f64,
    /// The rate that is caught with 90 % probability by the end.
    pub detectable: Option<f64>,
    /// `mustDetect`, and when it is caught with 90 % probability, if within the steps; zero if in those before.
    pub must_detect: Option<(f64, Option<Duration>)>,
    /// The part of them that is this metric's, in one region ([`Config::false_aborts_by`]).
    pub false_aborts_by: f64,
    /// Of all metrics, in all regions together.
    pub false_aborts: f64,
    /// Whether burn rates are judged as well, of which nothing is promised.
    pub burn_rates: bool,
    /// The rate that the canary passes below.
    pub passes_below: f64,
    /// About when an equal canary passes, if within the steps; zero if in those before.
    pub passes_after: Option<Duration>,
}

/// What evidence of the metric alone must outweigh: its part of the stake; and a latency's is the mean of its edges'
/// (three where they are found in the warm-up).
fn alpha(config: &Config, metric: &Metric) -> f64 {
    let own = config.false_aborts_by(metric);
    let own = if own > 0.0 { own } else { config.alpha() };
    match &metric.kind {
        Kind::Latency { edges } if edges.is_empty() => own / 3.0,
        Kind::Latency { edges } => own / edges.len() as f64,
        _ => own,
    }
}

impl Plan {
    /// The figures for a metric of the configuration.
    #[must_use]
    pub fn figures(&self, config: &Config, metric: &Metric) -> Figures {
        let exposed = |steps: &[PlanStep]| -> Vec<Exposure> {
            steps.iter().filter_map(|step| self.exposure(step)).collect()
        };
        let (earlier, steps) = (exposed(&self.earlier), exposed(&self.steps));
        let canary = |steps: &[Exposure]| steps.iter().map(|step| step.canary).sum();
        let test = Test {
            alpha: alpha(config, metric),
            margin: metric.fail_above,
            tempering: Tempering::of(metric.dispersion, 1.0),
        };
        let margin = metric.pass_below;
        // The cap keeps back a window and a half.
        let caught = |p1: f64| {
            let needed = |odds: f64| n90(self.stable, p1, odds, &test);
            let time = self.after(&self.earlier, needed)?;
            Some(if time.is_zero() { time } else { time + config.window.mul_f64(1.5) })
        };
        let for_a_pass = match metric.evidence {
            Evidence::Release => self.earlier.as_slice(),
            Evidence::Step => &[],
        };
        Figures {
            canary_requests: canary(&steps),
            earlier_requests: canary(&earlier),
            detectable: detectable(self.stable, &[earlier, steps].concat(), POWER, &test),
            must_detect: metric.must_detect.map(|p1| (p1, caught(p1))),
            false_aborts_by: config.false_aborts_by(metric),
            false_aborts: config.false_aborts,
            burn_rates: config
                .metrics
                .iter()
                .any(|it| it.judged() && matches!(it.kind, Kind::BurnRate { .. })),
            passes_below: margin.at(self.stable),
            passes_after: self.after(for_a_pass, |odds| {
                requests_to_pass(self.stable, odds, margin, config.false_pass, metric.dispersion)
            }),
        }
    }

    fn exposure(&self, step: &PlanStep) -> Option<Exposure> {
        let all = self.rate * step.duration.as_secs_f64();
        let sound = step.share > 0.0 && step.share < 1.0 && all > 0.0;
        sound.then(|| Exposure {
            canary: all * step.share,
            stable_per_canary: (1.0 - step.share) / step.share,
        })
    }

    /// When the steps have given what is needed beyond what others `gave`, where it depends on the share: each step
    /// gives its part of its need.
    fn after(&self, gave: &[PlanStep], needed: impl Fn(f64) -> f64) -> Option<Duration> {
        let part =
            |step: &PlanStep| self.exposure(step).map_or(0.0, |it| it.canary / needed(it.stable_per_canary));
        let mut lacking = 1.0 - gave.iter().map(part).sum::<f64>();
        if lacking <= NOTHING {
            return Some(Duration::ZERO);
        }
        let mut time = Duration::ZERO;
        for step in &self.steps {
            let part = part(step);
            if part >= lacking {
                return Some(time + step.duration.mul_f64(lacking / part));
            }
            lacking -= part;
            time += step.duration;
        }
        None
    }

    /// The figures in sentences.
    #[must_use]
    pub fn sentences(&self, figures: &Figures) -> Vec<String> {
        let steps: Vec<String> = self
            .steps
            .iter()
            .map(|step| format!("{} for {}", percent(step.share), duration(step.duration)))
            .collect();
        let requests = number(rounded(figures.canary_requests));
        let before = if self.earlier.is_empty() {
            String::new()
        } else {
            format!(", besides {} of the steps before", number(rounded(figures.earlier_requests)))
        };
        let mut told = vec![format!(
            "At {} requests per second it sees up to {requests} canary requests ({}){before}.",
            number(self.rate),
            steps.join(", ")
        )];
        let stable = percent(self.stable);
        told.push(match figures.detectable {
            Some(rate) => format!(
                "With stable at {stable}, a rise to {} is caught with 90 % probability by the end.",
                percent(rate)
            ),
            None => {
                format!("With stable at {stable}, not even a total failure is sure to be caught by the end.")
            }
        });
        told.extend(figures.must_detect.map(|(rate, time)| match time {
            Some(Duration::ZERO) => format!("A rise to {} is caught in the steps before.", percent(rate)),
            Some(time) => format!("A rise to {} is caught within {}.", percent(rate), duration(time)),
            None => format!("A rise to {} is not sure to be caught.", percent(rate)),
        }));
        told.push(self.promise(figures));
        let below = percent(figures.passes_below);
        told.push(match figures.passes_after {
            Some(Duration::ZERO) => {
                format!("`pass` (not worse than {below}) is usually known from the steps before.")
            }
            Some(time) => {
                format!("`pass` (not worse than {below}) is usually reached after about {}.", duration(time))
            }
            None => format!("`pass` (not worse than {below}) is seldom reached within these steps."),
        });
        told
    }

    /// The chance of a false abort: the metric's own part of it, and the whole where that is more.
    fn promise(&self, figures: &Figures) -> String {
        let Figures { false_aborts_by: own, false_aborts: all, burn_rates, .. } = *figures;
        if own <= 0.0 {
            return "It only advises, and aborts nothing.".to_owned();
        }
        let before = if self.earlier.is_empty() { "" } else { ", the steps before included" };
        let (own, all) = (percent(own), percent(all));
        let whole = if own == all {
            String::new()
        } else {
            format!("; by all metrics, in all regions, in at most {all}")
        };
        let beside =
            if burn_rates { " Burn rates are rules beside that: nothing is promised of them." } else { "" };
        format!(
            "By this metric a good release is aborted by mistake in at most {own} of attempts{before}{whole}.{beside}"
        )
    }
}
