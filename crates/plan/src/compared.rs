//! What a comparison by `aviary/compare` can find out in a release.
//!
//! Its analysis lasts until there is a verdict, at most `maxWait`, where an ordinary one measures so many times. The
//! figures are those of the judge's own formula.

use std::time::Duration;

use crd::Metric;
use judge::power::{Figures, Plan, PlanStep};
use judge::{Config, Kind, OnInconclusive};
use rollout::analysis::{COMPARES_FOR, comparison};
use serde::Serialize;
use serde_json::Value;

use crate::condition::{self, Arguments};
use crate::planned::{Assumptions, Step};

/// What a comparison can find out about one of its metrics.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// How long it lasts without a verdict, in seconds.
    pub within_seconds: u64,
    /// The share of bad requests below which the canary passes, from 0 to 1.
    pub passes_below: f64,
    /// About when a version as good as stable passes, in seconds; `None` when it is not sure to, within that time.
    pub passes_after_seconds: Option<u64>,
    /// `mustDetect`, from 0 to 1.
    pub must_detect: Option<f64>,
    /// When it is found with 90 % probability, in seconds, and 0 in the steps before; `None` when that is not sure.
    pub must_detect_after_seconds: Option<u64>,
    /// The same in sentences.
    pub says: Vec<String>,
}

/// One metric of a comparison, with its place in the plan.
pub(crate) struct Compared {
    pub(crate) name: String,
    pub(crate) counts: Option<What>,
    pub(crate) false_abort: Option<f64>,
    pub(crate) window_requests: Option<f64>,
    pub(crate) windows: Option<u32>,
    pub(crate) detectable: Option<f64>,
    pub(crate) comparison: Option<Comparison>,
}

/// What is counted, and how much of it is bad at a healthy version.
type What = crate::What;

/// What the metric compares; `None` when it is no comparison, or one that is refused.
pub(crate) fn asked(metric: &Metric, arguments: &Arguments) -> Option<Config> {
    let mut written = metric.clone();
    written.provider.values_mut().for_each(|value| resolve(value, arguments));
    comparison(&written)?.ok()
}

/// Every metric that is compared, if it goes on with what was seen in steps before.
pub(crate) fn compared(
    config: &Config,
    earlier: &[PlanStep],
    steps: &[PlanStep],
    assumptions: &Assumptions,
) -> Vec<Compared> {
    let each = config.metrics.iter().map(|one| {
        let mut compared = Compared {
            name: one.name.clone(),
            counts: None,
            false_abort: None,
            window_requests: None,
            windows: None,
            detectable: None,
            comparison: None,
        };
        let (what, healthy) = match one.kind {
            Kind::Proportion => (What::Worse, assumptions.error_ratio),
            Kind::Latency { .. } => (What::SlowerThanStable, assumptions.slow_ratio),
            // Without a rate there is nothing to reckon with.
            Kind::Rate | Kind::Gauge { .. } | Kind::Limit { .. } | Kind::BurnRate { .. } => return compared,
        };
        let within = config.max_wait.unwrap_or(COMPARES_FOR);
        let (earlier, steps) = (earlier.to_vec(), steps.to_vec());
        let plan = Plan { rate: assumptions.rate, stable: healthy, earlier, steps };
        let figures = plan.figures(config, one);
        let looked: Duration = plan.steps.iter().map(|step| step.duration).sum();
        let windows = looked.as_secs_f64() / config.window.as_secs_f64();
        compared.counts = Some(what);
        compared.windows = Some(windows as u32);
        compared.window_requests = Some(if windows >= 1.0 { figures.canary_requests / windows } else { 0.0 });
        compared.detectable = figures.detectable;
        compared.false_abort = Some(config.false_aborts_by(one));
        compared.comparison = Some(told(&plan, &figures, config, within));
        compared
    });
    each.collect()
}

/// What is seen of the steps when the comparison ends with its pass, as it usually does: all where one of its metrics
/// is not sure to pass.
pub(crate) fn until_the_pass(config: &Config, compared: &[Compared], steps: &[PlanStep]) -> Vec<PlanStep> {
    let judged = config.metrics.iter().zip(compared).filter(|(metric, _)| metric.weight > 0.0);
    let known = judged.filter_map(|(_, it)| it.comparison.as_ref());
    let ends = known.map(|it| it.passes_after_seconds).try_fold(0, |last, ends| Some(last.max(ends?)));
    let Some(ends) = ends else { return steps.to_vec() };
    let mut left = Duration::from_secs(ends).saturating_sub(config.warmup);
    let mut seen = Vec::new();
    for step in steps {
        let duration = step.duration.min(left);
        left -= duration;
        if !duration.is_zero() {
            seen.push(PlanStep { duration, ..*step });
        }
    }
    seen
}

/// The steps that it sees: its own for as long as it may wait, or those beside it while they last. The warm-up counts
/// for nothing.
pub(crate) fn lengths(config: &Config, steps: &[&Step], waits: bool) -> Vec<PlanStep> {
    let (mut left, mut cold) = (config.max_wait.unwrap_or(COMPARES_FOR), config.warmup);
    let mut seen = Vec::new();
    for step in steps {
        let length = if waits { left } else { Duration::from_secs(step.seconds).min(left) };
        left -= length;
        let warm = length.saturating_sub(cold);
        cold = cold.saturating_sub(length);
        if !warm.is_zero() {
            seen.push(PlanStep { share: step.share, duration: warm });
        }
    }
    seen
}

fn told(plan: &Plan, figures: &Figures, config: &Config, within: Duration) -> Comparison {
    // What the configuration asks for before a pass, whatever the evidence.
    let least = config.window * config.min_windows;
    let warm = |time: Duration| (time + config.warmup).as_secs_f64().ceil() as u64;
    let passes = figures.passes_after.map(|time| warm(time.max(least)));
    let passes = passes.filter(|seconds| *seconds <= within.as_secs());
    let mut says = plan.sentences(figures);
    if passes.is_none() {
        let ends = match config.on_inconclusive {
            OnInconclusive::Pause => "it pauses for a person",
            OnInconclusive::Fail => "the release is aborted",
            OnInconclusive::PassIfSafe => {
                "it passes if `mustDetect` would have been found, and else pauses for a person"
            }
        };
        says.push(format!("That is too short to know: without a verdict {ends}."));
    }
    Comparison {
        within_seconds: within.as_secs(),
        passes_below: figures.passes_below,
        passes_after_seconds: passes,
        must_detect: figures.must_detect.map(|(rate, _)| rate),
        must_detect_after_seconds: figures.must_detect.and_then(|(_, time)| time).map(|time| {
            // What the steps before find needs no warm-up here.
            if time.is_zero() { 0 } else { warm(time) }
        }),
        says,
    }
}

/// `{{args.x}}` in every text.
fn resolve(value: &mut Value, arguments: &Arguments) {
    match value {
        Value::String(text) => *text = condition::resolved(text, arguments),
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, arguments)),
        Value::Object(fields) => fields.values_mut().for_each(|field| resolve(field, arguments)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNDRED: Assumptions =
        Assumptions { rate: 100.0, error_ratio: 0.005, slow_ratio: 0.01, ready_after: Duration::ZERO };

    fn metric(lines: &str) -> Metric {
        let queries = "canary: {bad: a, total: b}, stable: {bad: c, total: d}";
        serde_yaml::from_str(&format!(
            "name: both
provider:
  plugin:
    aviary/compare:
      source: {{prometheus: {{address: 'http://prometheus:9090'}}}}
      warmup: 0s
      {lines}
      metrics:
      - {{name: errors, kind: proportion, mustDetect: 2%, {queries}}}
      - {{name: slow, kind: proportion, weight: 3, {queries}}}
      - {{name: restarts, kind: rate, canary: {{count: a, exposure: b}}, stable: {{count: c, exposure: d}}}}
"
        ))
        .unwrap()
    }

    fn step(share: f64, seconds: u64) -> Step {
        Step {
            index: 0,
            what: String::new(),
            starts_at: 0,
            seconds,
            weight: 0,
            share,
            canary_pods: 1,
            stable_pods: 1,
            requests: 0.0,
        }
    }

    fn of(lines: &str, steps: &[Step], waits: bool) -> Vec<Compared> {
        let arguments = Arguments::from([("wait".to_owned(), "20m".to_owned())]);
        let config = asked(&metric(lines), &arguments).unwrap();
        let steps: Vec<&Step> = steps.iter().collect();
        compared(&config, &[], &lengths(&config, &steps, waits), &HUNDRED)
    }

    #[test]
    fn a_step_waits_for_its_verdict_and_each_metric_has_its_part_of_the_false_aborts() {
        let found = of("maxWait: '{{args.wait}}'\n      regions: 2", &[step(0.1, 0)], true);
        let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["errors", "slow", "restarts"]);
        let [errors, slow, restarts] = found.as_slice() else { panic!("{names:?}") };
        assert!((errors.false_abort.unwrap() - 0.001).abs() < 1e-12, "a fifth of 0.5 %");
        assert!((slow.false_abort.unwrap() - 0.003).abs() < 1e-12);
        assert_eq!((errors.windows, errors.window_requests), (Some(120), Some(100.0)));
        // Who has more of the stake finds less; both find less than the whole step could with less time.
        assert!(errors.detectable > slow.detectable && slow.detectable > Some(0.005));
        let comparison = errors.comparison.as_ref().unwrap();
        assert_eq!(comparison.within_seconds, 1_200);
        let passes = comparison.passes_after_seconds.unwrap();
        assert!((300..1_200).contains(&passes), "{passes}");
        assert!(comparison.must_detect_after_seconds.unwrap() < passes);
        let first = comparison.says.first().unwrap();
        let steps = "At 100 requests per second it sees up to 12,000 canary requests (10 % for 20 min).";
        assert_eq!(first, steps);
        assert!(restarts.counts.is_none() && restarts.comparison.is_none());
    }

    #[test]
    fn what_is_too_short_to_know_is_said_with_what_then_happens() {
        for (ending, said) in [("pause", "pauses for a person"), ("fail", "the release is aborted")] {
            let found = of(&format!("maxWait: 1m\n      onInconclusive: {ending}"), &[step(0.01, 0)], true);
            let comparison = found.first().unwrap().comparison.as_ref().unwrap();
            assert_eq!(comparison.passes_after_seconds, None);
            let last = comparison.says.last().unwrap();
            assert!(last.starts_with("That is too short to know") && last.contains(said), "{last}");
        }
        let long = of("maxWait: 1h", &[step(0.1, 0)], true);
        let says = &long.first().unwrap().comparison.as_ref().unwrap().says;
        assert!(!says.join(" ").contains("too short"), "{says:?}");
    }

    #[test]
    fn beside_the_steps_it_sees_each_for_its_time_and_no_longer_than_it_may_wait() {
        let steps = [step(0.0, 60), step(0.1, 300), step(0.5, 3_600)];
        let found = of("maxWait: 10m", &steps, false);
        let says = &found.first().unwrap().comparison.as_ref().unwrap().says;
        assert!(
            says.first().unwrap().contains("(0 % for 1 min, 10 % for 5 min, 50 % for 4 min)"),
            "{says:?}"
        );
    }

    #[test]
    fn a_comparison_that_is_refused_and_another_provider_are_none() {
        let refused = metric("falseAborts: 200%");
        let query: Metric = serde_yaml::from_str("{name: a, provider: {prometheus: {query: up}}}").unwrap();
        for metric in [refused, query] {
            assert!(asked(&metric, &Arguments::new()).is_none());
        }
    }

    #[test]
    fn what_a_comparison_has_seen_when_it_passes_is_left_to_the_next() {
        let config = asked(&metric("maxWait: 20m"), &Arguments::new()).unwrap();
        let steps = lengths(&config, &[&step(0.1, 0)], true);
        let found = compared(&config, &[], &steps, &HUNDRED);
        let ends = found.iter().filter_map(|it| it.comparison.as_ref()?.passes_after_seconds).max().unwrap();
        let left = until_the_pass(&config, &found, &steps);
        assert_eq!(left, [PlanStep { share: 0.1, duration: Duration::from_secs(ends) }]);
        let next = compared(&config, &left, &steps, &HUNDRED);
        let [first, second] = [&found, &next].map(|all| all.first().unwrap());
        assert!(second.detectable < first.detectable);
        let comparison = second.comparison.as_ref().unwrap();
        assert_eq!(comparison.passes_after_seconds, Some(30), "three windows, whatever is known");
        assert_eq!(comparison.must_detect_after_seconds, Some(0));
        let says = comparison.says.join(" ");
        assert!(says.contains("is usually known from the steps before"), "{says}");
        // What does not pass in time looks on until then.
        let short = asked(&metric("maxWait: 1m"), &Arguments::new()).unwrap();
        let steps = lengths(&short, &[&step(0.01, 0)], true);
        assert_eq!(until_the_pass(&short, &compared(&short, &[], &steps, &HUNDRED), &steps), steps);
    }
}
