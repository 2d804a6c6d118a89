//! The figures of a planned release, and the sentences for them.

use super::{Exposure, POWER, Tempering, Test, detectable, n90, requests_to_pass};
use crate::config::{Config, Kind, Metric};
use crate::report::words::{duration, number, percent, rounded};
use std::time::Duration;

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
    /// The steps, in order.
    pub steps: Vec<PlanStep>,
}

/// What a plan can find out about one proportion.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Requests of the canary by the end.
    pub canary_requests: f64,
    /// The rate that is caught with 90 % probability by the end.
    pub detectable: Option<f64>,
    /// `mustDetect`, and when it is caught with 90 % probability, if within the steps.
    pub must_detect: Option<(f64, Option<Duration>)>,
    /// In all regions together.
    pub false_aborts: f64,
    /// The rate that the canary passes below.
    pub passes_below: f64,
    /// About when an equal canary passes, if within the steps.
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
        let steps: Vec<Exposure> = self.steps.iter().filter_map(|step| self.exposure(step)).collect();
        let test = Test {
            alpha: alpha(config, metric),
            margin: metric.fail_above,
            tempering: Tempering::of(metric.dispersion, 1.0),
        };
        let margin = metric.pass_below;
        // The cap keeps back a window and a half.
        let caught = |p1: f64| {
            let needed = |odds: f64| n90(self.stable, p1, odds, &test);
            self.after(needed).map(|time| time + config.window.mul_f64(1.5))
        };
        Figures {
            canary_requests: steps.iter().map(|step| step.canary).sum(),
            detectable: detectable(self.stable, &steps, POWER, &test),
            must_detect: metric.must_detect.map(|p1| (p1, caught(p1))),
            false_aborts: config.false_aborts,
            passes_below: margin.at(self.stable),
            passes_after: self.after(|odds| {
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

    /// When the steps have given what is needed, where it depends on the share: each step gives its part of its need.
    fn after(&self, needed: impl Fn(f64) -> f64) -> Option<Duration> {
        let (mut lacking, mut time) = (1.0, Duration::ZERO);
        for step in &self.steps {
            let part = self.exposure(step).map_or(0.0, |it| it.canary / needed(it.stable_per_canary));
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
        let mut told = vec![format!(
            "At {} requests per second your steps ({}) give {requests} canary requests.",
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
            Some(time) => format!("A rise to {} is caught within {}.", percent(rate), duration(time)),
            None => format!("A rise to {} is not sure to be caught.", percent(rate)),
        }));
        told.push(format!(
            "A good release is aborted by mistake in fewer than {} of 100 attempts.",
            number(100.0 * figures.false_aborts)
        ));
        let below = percent(figures.passes_below);
        told.push(match figures.passes_after {
            Some(time) => {
                format!("`pass` (not worse than {below}) is usually reached after about {}.", duration(time))
            }
            None => format!("`pass` (not worse than {below}) is seldom reached within these steps."),
        });
        told
    }
}
