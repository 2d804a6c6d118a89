//! `judge --classic-config`: the verdict of a canary config, and which of its rules decided.

mod words;

use std::fmt::Write as _;
use std::path::Path;

use judge::classic::{Classification, Decision, Finding, Measure, Scored, Tally, find, summary};
use serde::Serialize;

use super::config::{self, Canary, Metric, short};
use super::{Args, Samples, Verdict, label};
use crate::commands::judge::files::{Arms, Unpaired};
use crate::render::table;
use crate::{Env, Error};

/// Fields that are told one by one.
const TOLD: usize = 20;

/// The whole verdict.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::commands::judge) struct Report {
    pub(in crate::commands::judge) verdict: Verdict,
    score: f64,
    pass: f64,
    marginal: f64,
    decided_by: Decided,
    groups: Vec<Weighed>,
    metrics: Vec<Judged>,
    /// Lines without a partner: they are compared all the same.
    unpaired: Unpaired,
    /// Fields of the config that were not looked at.
    unknown_fields: Vec<String>,
    /// Metrics of the files that the config does not name: they are not judged.
    not_judged: Vec<String>,
    notes: Vec<String>,
}

/// The rule that made the score.
#[derive(Serialize)]
struct Decided {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric: Option<String>,
    why: String,
}

#[derive(Serialize)]
struct Weighed {
    name: String,
    weight: f64,
    /// None without data, which costs nothing.
    score: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Judged {
    name: String,
    groups: Vec<String>,
    label: &'static str,
    /// As the config has it.
    critical: bool,
    /// Whether it made the whole score 0.
    critical_failure: bool,
    muted: bool,
    effect: Measured,
    why: String,
    samples: Samples,
    outliers: Samples,
}

#[derive(Serialize)]
struct Measured {
    measure: &'static str,
    value: Option<f64>,
}

pub(in crate::commands::judge) fn report(
    arms: &Arms,
    args: &Args,
    env: &Env,
    path: &Path,
) -> Result<Report, Error> {
    let (pass, marginal) = args.thresholds()?;
    let names = arms.metrics();
    let Canary { metrics, weights, unknown, notes } = config::read(env, path, &names)?;
    let not_judged = names.iter().filter(|name| metrics.iter().all(|metric| metric.name != **name));
    let not_judged = not_judged.map(|name| (*name).to_owned()).collect();
    let readings = arms.readings();
    let findings: Vec<(Metric, Finding)> = metrics
        .into_iter()
        .filter_map(|metric| {
            let own = readings.iter().find(|series| series.name == metric.name)?;
            let finding = find(&own.canary, &own.stable, &metric.rules);
            Some((metric, finding))
        })
        .collect();
    let counted: Vec<&(Metric, Finding)> = findings.iter().filter(|(metric, _)| !metric.muted).collect();
    let tallies: Vec<Tally<'_>> = counted
        .iter()
        .map(|(metric, Finding { class, critical, .. })| Tally {
            class: *class,
            critical: *critical,
            groups: &metric.groups,
        })
        .collect();
    let summary = summary(&tallies, &weights);
    let missing = tallies.iter().filter(|tally| tally.class == Classification::NoData).count();
    let nothing = summary.decision == Decision::NoData && missing == tallies.len();
    let verdict = if nothing { Verdict::NoData } else { Verdict::of(summary.score, pass, marginal) };
    let decided_by = decided(summary.decision, &counted, missing);
    Ok(Report {
        verdict,
        score: summary.score,
        pass,
        marginal,
        decided_by,
        groups: summary.groups.into_iter().map(Weighed::of).collect(),
        metrics: findings.into_iter().map(Judged::of).collect(),
        unpaired: arms.unpaired,
        unknown_fields: unknown,
        not_judged,
        notes,
    })
}

fn decided(decision: Decision, counted: &[&(Metric, Finding)], missing: usize) -> Decided {
    match decision {
        Decision::Critical(at) => {
            let failed = counted.get(at);
            let why = failed.map_or_else(String::new, |(metric, finding)| words::critical(metric, finding));
            Decided { rule: "critical-metric", metric: failed.map(|(metric, _)| metric.name.clone()), why }
        }
        Decision::NoData => {
            let why = format!("{missing} of {} metrics without data, which is half or more", counted.len());
            Decided { rule: "missing-data", metric: None, why }
        }
        Decision::Groups => {
            let why = if counted.iter().all(|(metric, _)| metric.groups.is_empty()) {
                "nothing: all metrics are muted, or in no group".to_owned()
            } else {
                "the scores of the groups and their weights".to_owned()
            };
            Decided { rule: "group-scores", metric: None, why }
        }
    }
}

impl Weighed {
    fn of(Scored { name, weight, score }: Scored) -> Self {
        Self { name, weight, score }
    }
}

impl Judged {
    fn of((metric, finding): (Metric, Finding)) -> Self {
        let samples = |[canary, stable]: [usize; 2]| Samples { canary, stable };
        let why = words::why(&metric, &finding);
        let measure = match metric.rules.effect.measure {
            Measure::MeanRatio => "meanRatio",
            Measure::CommonLanguage => "cles",
        };
        Self {
            name: metric.name,
            groups: metric.groups,
            label: label(finding.class),
            critical: metric.rules.critical,
            critical_failure: finding.critical && !metric.muted,
            muted: metric.muted,
            effect: Measured { measure, value: finding.effect },
            why,
            samples: samples(finding.samples),
            outliers: samples(finding.outliers),
        }
    }
}

impl Report {
    /// For people: a line for all, why, a line for each group, and one for each metric.
    pub(in crate::commands::judge) fn shown(&self) -> String {
        let Self { verdict, score, pass, marginal, decided_by, .. } = self;
        let word = verdict.word();
        let mut out = format!("{word}: score {score}; passes at {pass}, fails below {marginal}\n");
        // Writing to a string cannot fail.
        let _ = writeln!(out, "decided by {}", decided_by.why);
        for Weighed { name, weight, score } in &self.groups {
            let score = score.map_or("no data, which costs nothing".to_owned(), words::rounded);
            let _ = writeln!(out, "group {}: {score}, weight {}", short(name), words::rounded(*weight));
        }
        let header = ["METRIC", "GROUPS", "LABEL", "EFFECT", "SAMPLES", "WHY"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(self.metrics.iter().map(|metric| {
            let Measured { measure, value } = metric.effect;
            let critical = if metric.critical_failure { " (critical)" } else { "" };
            let groups: Vec<String> = metric.groups.iter().map(|group| short(group)).collect();
            vec![
                metric.name.clone(),
                if groups.is_empty() { "-".to_owned() } else { groups.join(", ") },
                format!("{}{critical}", metric.label),
                value.map_or("-".to_owned(), |value| format!("{measure} {value:.2}")),
                format!("{} + {}", metric.samples.canary, metric.samples.stable),
                metric.why.clone(),
            ]
        }));
        out + "\n" + &table::aligned(&rows) + &self.remarks()
    }

    /// What was not looked at, and what else there is to say.
    fn remarks(&self) -> String {
        let mut lines = self.notes.clone();
        if !self.not_judged.is_empty() {
            let names = listed(&self.not_judged);
            lines.push(format!(
                "not judged: {names}, which the config does not name; add what is to count to its metrics"
            ));
        }
        if !self.unknown_fields.is_empty() {
            let names = listed(&self.unknown_fields);
            let thresholds = self.unknown_fields.iter().any(|field| field == "classifier.scoreThresholds");
            let remedy = if thresholds { "; thresholds are given with --pass and --marginal" } else { "" };
            lines.push(format!("fields of the config without effect here: {names}{remedy}"));
        }
        lines
            .extend(self.unpaired.shown().map(|alone| format!("{alone}; they count, as ranks have no time")));
        if lines.is_empty() { String::new() } else { format!("\n{}\n", lines.join("\n")) }
    }
}

/// The first of them, and how many more there are.
fn listed(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(TOLD).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(TOLD) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
