//! A report in sentences.

use super::{Awaited, Both, Burn, Detectable, Estimate, MetricReport, Missing, Quantile, Report, Unsure};
use crate::interval::Interval;
use crate::verdict::Verdict;
use std::time::Duration;

/// From here on, bursts are worth a warning (judge 2.4).
const BURSTS: f64 = 3.0;
/// Below this, errors come singly as far as anyone can tell.
const SINGLY: f64 = 1.5;

impl Report {
    /// What is known, for people: a line for the release, then lines for each metric.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let mut lines = vec![self.head()];
        lines.extend(self.metrics.iter().flat_map(MetricReport::sentences));
        lines
    }

    fn head(&self) -> String {
        let (windows, fails_at) = (number(self.windows as f64), odds(self.fails_at));
        let (Some(culprit), Some(window)) = (&self.culprit, self.failed_in_window) else {
            let (verdict, odds) = (self.verdict, odds(self.odds));
            return format!(
                "{verdict} after {windows} windows; odds {odds} against the release, it fails at {fails_at}"
            );
        };
        let metric = format!("`{}`{}", culprit.metric, place(&culprit.region));
        match (culprit.burn, self.failed_at_odds) {
            (Some(burn), _) => {
                format!("fail: {metric}; in window {window} of {windows} {}", burning("burned", burn))
            }
            (None, Some(then)) => format!(
                "fail: {metric}; odds were {} against the release in window {window} of {windows} (it fails at {fails_at})",
                odds(then)
            ),
            (None, None) => format!("fail: {metric}, in window {window} of {windows}"),
        }
    }

    /// What failed the release, in a sentence: of the moment in which it did. None unless something did.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let culprit = self.culprit.as_ref()?;
        let name = format!("{}{}", culprit.metric, place(&culprit.region));
        if let Some(burn) = culprit.burn {
            return Some(format!("{name}: {}", burning("burned", burn)));
        }
        let kind = self.metrics.iter().find(|it| it.name == culprit.metric).map(|it| it.kind.as_str());
        let what = match kind {
            Some("limit") => "is above its limit",
            Some("burn-rate") => return Some(format!("{name}: the budget burned too fast")),
            _ => "is worse than stable",
        };
        let then = odds(self.failed_at_odds.unwrap_or(self.odds));
        Some(format!("{name} {what}: odds {then}, fails at {}", odds(self.fails_at)))
    }
}

/// Where, when there is more than one place.
fn place(region: &str) -> String {
    if region.is_empty() { String::new() } else { format!(" in {region}") }
}

impl MetricReport {
    /// What is known of the metric.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        let place = place(&self.region);
        let advises = if self.weight > 0.0 { "" } else { ", advises only" };
        let when = self.failed.map(|failed| format!(" in window {}", failed.window)).unwrap_or_default();
        let mut lines =
            vec![format!("{}{place} ({}{advises}): {}{when}", self.name, self.kind, self.verdict)];
        let details = [
            self.absent.clone(),
            self.counts(),
            self.estimates(),
            (!self.edges.is_empty()).then(|| {
                format!(
                    "judged by the requests above {}, bounds of the histogram and in its unit",
                    list(&self.edges)
                )
            }),
            self.gauge(),
            self.evidence(),
            self.breached.map(|burn| burning("burns", burn)),
            self.unsure.map(|unsure| self.unsure_of(unsure)),
            self.awaits(),
            self.bursts(),
            self.could_see(),
            self.missing.map(|missing| self.lacks(missing)),
            self.drops(),
        ];
        lines.extend(self.quantiles.iter().filter_map(quantile).map(|line| format!("  {line}")));
        lines.extend(details.into_iter().flatten().map(|line| format!("  {line}")));
        lines
    }

    fn unit(&self) -> &'static str {
        if self.proportion { "requests" } else { "of exposure" }
    }

    fn rate(&self, rate: f64) -> String {
        if self.proportion { percent(rate) } else { significant(rate) }
    }

    fn counts(&self) -> Option<String> {
        let Both { canary, stable } = self.exposure?;
        let unit = self.unit();
        let Some((bad, rate1)) = self.bad.zip(self.canary_rate) else {
            return Some(format!("canary {} {unit}, stable {}", number(canary), number(stable)));
        };
        // Events are no part of the exposure in which they happen.
        let of = if self.proportion { "of" } else { "in" };
        let (bad1, rate1) = (number(bad.canary), self.rate(rate1));
        let canary = format!("canary {bad1} {of} {} {unit} ({rate1})", number(canary));
        let held = self.limit.map(|limit| format!("; the limit is {}", self.rate(limit)));
        let beside = self.stable_rate.map(|rate| {
            format!(", stable {} {of} {} ({})", number(bad.stable), number(stable), self.rate(rate))
        });
        Some(canary + &held.or(beside).unwrap_or_default())
    }

    fn estimates(&self) -> Option<String> {
        let difference = self.difference?;
        let (scale, unit) = if self.proportion { (100.0, " points") } else { (1.0, "") };
        let ratio = self.ratio.map(|ratio| format!("; ratio {}", estimate(&ratio, 1.0, "")));
        Some(format!(
            "difference {}{}; average since start",
            estimate(&difference, scale, unit),
            ratio.unwrap_or_default()
        ))
    }

    fn gauge(&self) -> Option<String> {
        let (Interval { low, high }, merged) = (self.bounds?, self.merged?);
        let merged =
            if merged > 1 { format!("; {merged} windows are merged into one") } else { String::new() };
        let means = self.means.map_or(String::new(), |Both { canary, stable }| {
            format!("canary {}, stable {} on average; ", significant(canary), significant(stable))
        });
        Some(format!("{means}taken within {} and {}{merged}", significant(low), significant(high)))
    }

    fn evidence(&self) -> Option<String> {
        if self.windows == 0 || self.kind == "burn-rate" {
            return None;
        }
        let now = odds(self.odds_worse);
        // In several regions those that decided are of all of them together.
        let decided = self.failed.filter(|_| self.region.is_empty());
        let then = decided.and_then(|failed| Some((failed.window, odds(failed.odds?))));
        let worse = match then.filter(|(_, then)| *then != now) {
            Some((window, then)) => format!("{then} in window {window}, {now} now"),
            None => now,
        };
        Some(format!(
            "evidence for worse: odds {worse}, fails at {}; for not worse: odds {}, passes at {}",
            odds(self.fails_at),
            odds(self.odds_not_worse),
            odds(self.passes_at)
        ))
    }

    fn bursts(&self) -> Option<String> {
        let phi = self.dispersion.filter(|_| self.windows > 1)?;
        let events = match self.kind.as_str() {
            "latency" => "slow requests",
            _ if self.proportion => "errors",
            _ => "events",
        };
        let how = if phi < SINGLY { "singly".to_owned() } else { format!("in bursts of about {phi:.1}") };
        if let Some(set) = self.dispersion_set {
            let set = if set > 1.0 { format!("{} at a time", significant(set)) } else { "singly".to_owned() };
            return Some(format!("{events} are taken to come {set}, as `dispersion` says; measured: {how}"));
        }
        let remedy = if phi > BURSTS { "; use `robust` or longer windows" } else { "" };
        Some(format!("{events} come {how}{remedy}"))
    }

    /// What a person asks of "nothing was found": what would have been?
    fn could_see(&self) -> Option<String> {
        if self.verdict == Verdict::Fail {
            return None;
        }
        let power = percent(self.detectable.first()?.power);
        let found: Vec<String> = self.detectable.iter().filter_map(|it| self.found(it)).collect();
        Some(if found.is_empty() {
            "could have seen: no regression for sure yet, however large".to_owned()
        } else {
            format!("could have seen: a rise to {}, with {power} probability", found.join("; "))
        })
    }

    fn found(&self, it: &Detectable) -> Option<String> {
        let rate = self.rate(it.rate?);
        let above = it.edge.map(|edge| format!(" above {}", significant(edge))).unwrap_or_default();
        let ratio = it.ratio.map(|ratio| format!(" ({} times stable's)", significant(ratio)));
        Some(format!("{rate}{above}{}", ratio.unwrap_or_default()))
    }

    fn lacks(&self, missing: Missing) -> String {
        let time = duration(Duration::from_secs_f64(missing.seconds.clamp(0.0, 1e9)));
        if self.proportion {
            let requests = number(rounded(missing.exposure));
            return format!("to pass: about {requests} more canary requests, {time} at this traffic");
        }
        format!("to pass: about {} more windows, {time}", number(missing.windows))
    }

    fn unsure_of(&self, it: Unsure) -> String {
        let [events, of] = if self.proportion { ["requests", "requests"] } else { ["events", "of exposure"] };
        let burn = it.burn;
        if it.is_reached && it.bad < it.least_bad {
            let [bad, least] = [it.bad, it.least_bad].map(number);
            return format!("{}, once {least} {events} were bad; so far it is {bad}", burning("burns", burn));
        }
        let [long, short] =
            [burn.long_seconds, burn.short_seconds].map(|it| duration(Duration::from_secs(it)));
        let [seen, least] = [it.exposure, it.least_exposure].map(number);
        format!(
            "{} times over {long} and {short} is judged with {least} {of} in the last {short}; there were {seen}",
            burn.factor
        )
    }

    fn awaits(&self) -> Option<String> {
        let rates: Vec<String> = self.awaited.iter().map(awaited).collect();
        (!rates.is_empty())
            .then(|| format!("waits until the short window has been read in full: {}", rates.join("; ")))
    }

    fn drops(&self) -> Option<String> {
        let reasons: Vec<String> =
            self.dropped.iter().map(|(why, count)| format!("{count} ({why})")).collect();
        (!reasons.is_empty()).then(|| format!("windows not used: {}", reasons.join(", ")))
    }
}

/// Both windows, and how much of the long one there was.
fn burning(burns: &str, burn: Burn) -> String {
    let [long, short] = [burn.long_seconds, burn.short_seconds].map(|it| duration(Duration::from_secs(it)));
    let seen = if burn.seen_seconds < burn.long_seconds as f64 {
        format!(", of which {} were seen", duration(Duration::from_secs_f64(burn.seen_seconds.max(0.0))))
    } else {
        String::new()
    };
    let [fast, slow] = [burn.short_factor, burn.long_factor].map(significant);
    format!(
        "the budget {burns} {fast} times as fast as allowed over {short} and {slow} times over {long}{seen}; it fails at {} \
         times",
        burn.factor
    )
}

fn awaited(it: &Awaited) -> String {
    let [long, short] = [it.long_seconds, it.short_seconds].map(|it| duration(Duration::from_secs(it)));
    let more = duration(Duration::from_secs_f64(it.waits_seconds.clamp(0.0, 1e9)));
    format!("{} times over {long} and {short} is judged in {more}", it.factor)
}

fn quantile(it: &Quantile) -> Option<String> {
    let between = |interval: Interval| match (interval.low, interval.high) {
        (low, high) if high.is_infinite() => format!("above {}", significant(low)),
        (low, high) => format!("{} to {}", significant(low), significant(high)),
    };
    let (canary, stable) = (it.canary?, it.stable?);
    let name = significant(it.q * 100.0);
    Some(format!("p{name}: canary {}, stable {} (95 %)", between(canary), between(stable)))
}

fn estimate(it: &Estimate, scale: f64, unit: &str) -> String {
    let show =
        |value: f64| if value.is_infinite() { "any number".to_owned() } else { significant(value * scale) };
    let interval = format!("95 %: {} to {}", show(it.interval.low), show(it.interval.high));
    if it.point.is_infinite() {
        format!("({interval})")
    } else {
        format!("{}{unit} ({interval})", show(it.point))
    }
}

fn list(values: &[f64]) -> String {
    values.iter().map(|value| significant(*value)).collect::<Vec<_>>().join(", ")
}

/// `1,234`; a fraction keeps one decimal.
pub(crate) fn number(value: f64) -> String {
    let whole = (value.fract().abs() < 0.05) || value >= 100.0;
    let text = if whole { format!("{value:.0}") } else { format!("{value:.1}") };
    let (digits, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(digits, rest)| (digits, Some(rest)));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    rest.map_or(grouped.clone(), |rest| format!("{grouped}.{rest}"))
}

/// Two digits of a number that nobody should take for exact.
pub(crate) fn rounded(value: f64) -> f64 {
    if value < 10.0 {
        // Nothing is 0, also where it was summed up to -0.
        return value.ceil() + 0.0;
    }
    let unit = 10_f64.powf(value.log10().floor() - 1.0);
    (value / unit).round() * unit
}

/// Three significant digits at most, and no trailing zeros.
pub(crate) fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value.is_finite() { "0".to_owned() } else { format!("{value}") };
    }
    if value.abs() >= 1000.0 {
        return number(value.round());
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 9) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// `0.52 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", significant(share * 100.0))
}

/// `180 : 1`.
pub(crate) fn odds(odds: f64) -> String {
    if odds > 1e6 { "over 1,000,000 : 1".to_owned() } else { format!("{} : 1", significant(odds)) }
}

/// `2 min 45 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let parts = [(hours, "h"), (minutes, "min"), (if hours > 0 { 0 } else { seconds }, "s")];
    let told: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if told.is_empty() { "0 s".to_owned() } else { told.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!([1_234_567.0, 999.0, 12.5, 0.0].map(number), ["1,234,567", "999", "12.5", "0"]);
        assert_eq!([2384.0, 3.2, 100.0].map(rounded).map(number), ["2,400", "4", "100"]);
        assert_eq!([0.005_234, 0.2, 0.0, -0.001].map(percent), ["0.523 %", "20 %", "0 %", "-0.1 %"]);
        assert_eq!([180.2, 0.0123, 5e9].map(odds), ["180 : 1", "0.0123 : 1", "over 1,000,000 : 1"]);
        let times = [165, 3600, 0, 5445].map(|seconds| duration(Duration::from_secs(seconds)));
        assert_eq!(times, ["2 min 45 s", "1 h", "0 s", "1 h 30 min"]);
    }
}
