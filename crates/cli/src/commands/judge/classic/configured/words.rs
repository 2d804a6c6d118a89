//! Which rule decided a metric, in words.

use judge::classic::{Because, Classification, Direction, Finding, Gaps, Limits};

use super::super::config::Metric;
use super::super::label;

/// A number of a report, with two places at most.
pub(super) fn rounded(number: f64) -> String {
    ((number * 100.0).round() / 100.0).to_string()
}

/// Why a metric has its label.
pub(super) fn why(metric: &Metric, finding: &Finding) -> String {
    let rules = &metric.rules;
    let why = match finding.because {
        Because::NoSamples => {
            let arm = match finding.samples {
                [0, 0] => "neither arm has a sample",
                [0, _] => "the canary has no sample",
                _ => "stable has no sample",
            };
            let then = match finding.class {
                Classification::NoDataFails => ", and mustHaveData is set",
                Classification::NoData if rules.critical => ", and it is critical",
                Classification::NoData => "",
                _ if rules.gaps == Gaps::Replace => ", and nanStrategy is replace",
                _ => "",
            };
            format!("{arm}{then}")
        }
        Because::Alike => "the samples of both arms are the same".to_owned(),
        Because::NotSignificant => "no significant difference".to_owned(),
        Because::Direction => {
            let direction = match rules.direction {
                Direction::Increase => "increase",
                Direction::Decrease => "decrease",
                Direction::Either => "either",
            };
            format!("{}; direction is {direction}", significantly(finding))
        }
        Because::Allowed => {
            let (below, limit) = limit(finding, "allowed", rules.effect.allowed);
            format!("{}, but {below} {limit}", significantly(finding))
        }
        Because::Deviates => deviates(metric, finding),
    };
    if metric.muted { format!("{why}; muted: counts nowhere") } else { why }
}

fn deviates(metric: &Metric, finding: &Finding) -> String {
    let significantly = significantly(finding);
    if finding.effect.is_none() {
        let critical = if finding.critical { "; it is critical" } else { "" };
        return format!("{significantly}; a mean is 0 or too large, so effectSize is not asked{critical}");
    }
    let (_, allowed) = limit(finding, "allowed", metric.rules.effect.allowed);
    let (short_of, critical) = limit(finding, "critical", metric.rules.effect.critical);
    let critical = match (metric.rules.critical, finding.critical) {
        (false, _) => String::new(),
        (true, true) => format!("; critical, reaches {critical}"),
        (true, false) => format!("; critical, but {short_of} {critical}"),
    };
    format!("{significantly}, reaches {allowed}{critical}")
}

/// Which critical metric failed, and how.
pub(super) fn critical(metric: &Metric, finding: &Finding) -> String {
    let name = &metric.name;
    let how = match (finding.because, finding.effect) {
        (Because::NoSamples, _) => "it has no data".to_owned(),
        (_, None) => format!("{}, and its effect cannot be told", label(finding.class)),
        (_, Some(_)) => {
            let (_, limit) = limit(finding, "critical", metric.rules.effect.critical);
            format!("{}, and reaches {limit}", label(finding.class))
        }
    };
    format!("`{name}`, which is critical: {how}")
}

fn significantly(finding: &Finding) -> &'static str {
    if finding.leaning == Some(Direction::Decrease) { "significantly lower" } else { "significantly higher" }
}

/// How one lies that does not reach the limit, and the limit with its name.
fn limit(finding: &Finding, which: &str, limits: Limits) -> (&'static str, String) {
    if finding.leaning == Some(Direction::Decrease) {
        ("above", format!("{which}Decrease {}", limits.decrease))
    } else {
        ("below", format!("{which}Increase {}", limits.increase))
    }
}
