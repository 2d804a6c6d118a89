//! `judge --classic`: the verdict of Kayenta's judge over the same files.

mod config;
pub(super) mod configured;

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::ValueEnum;
use judge::classic::{
    Classification, Direction, Group, Options, classify, common_language, mean_ratio, score,
};
use serde::Serialize;

use super::files::{Arms, Unpaired};
use crate::Error;
use crate::render::table;

/// Kayenta's thresholds, and which deviations count.
#[derive(clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("as Kayenta").args(["classic", "classic_config"]).multiple(true)))]
pub(super) struct Args {
    /// Judge as Kayenta does: each metric by Mann-Whitney, all of them by a score
    #[arg(long, conflicts_with = "config")]
    pub(super) classic: bool,
    /// The same by a canary config of Kayenta, in JSON or YAML: its groups, weights, effect sizes and critical
    /// metrics; - for the standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "direction"])]
    pub(super) classic_config: Option<PathBuf>,
    /// The score from which a classic verdict is a pass
    #[arg(long, value_name = "SCORE", default_value = "95", requires = "as Kayenta")]
    pass: f64,
    /// The score from which it is marginal, and below which a fail
    #[arg(long, value_name = "SCORE", default_value = "75", requires = "as Kayenta")]
    marginal: f64,
    /// Which deviations of the canary count in a classic verdict
    #[arg(long, value_enum, default_value = "either", requires = "as Kayenta")]
    direction: Which,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Which {
    Either,
    Increase,
    Decrease,
}

/// The whole verdict.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    /// From 0 to 100; none when no metric has data.
    score: Option<f64>,
    pass: f64,
    marginal: f64,
    groups: Vec<Scored>,
    metrics: Vec<Classified>,
    /// Lines without a partner: they are compared all the same.
    unpaired: Unpaired,
    /// Whether better counts as worse does.
    #[serde(skip)]
    either: bool,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    Pass,
    Marginal,
    Fail,
    NoData,
}

/// Metrics whose names begin alike, up to a `/`.
#[derive(Serialize)]
struct Scored {
    name: String,
    score: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Classified {
    name: String,
    group: String,
    label: &'static str,
    samples: Samples,
    /// The canary's mean over stable's.
    mean_ratio: Option<f64>,
    /// The chance that a sample of the canary is above one of stable.
    common_language: Option<f64>,
}

#[derive(Clone, Copy, Serialize)]
struct Samples {
    canary: usize,
    stable: usize,
}

impl Args {
    /// From where on a score is a pass, and from where on marginal.
    fn thresholds(&self) -> Result<(f64, f64), Error> {
        let Self { pass, marginal, .. } = *self;
        if !(0.0..=100.0).contains(&pass) || !(0.0..=pass).contains(&marginal) {
            return Err(Error::new(format!(
                "--pass {pass} --marginal {marginal}: scores are between 0 and 100, and --marginal is not above --pass"
            )));
        }
        Ok((pass, marginal))
    }
}

impl Verdict {
    const fn of(score: f64, pass: f64, marginal: f64) -> Self {
        if score >= pass {
            Self::Pass
        } else if score >= marginal {
            Self::Marginal
        } else {
            Self::Fail
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Marginal => "marginal",
            Self::Fail => "fail",
            Self::NoData => "no data",
        }
    }
}

pub(super) fn report(arms: &Arms, args: &Args) -> Result<Report, Error> {
    let (pass, marginal) = args.thresholds()?;
    let direction = match args.direction {
        Which::Either => Direction::Either,
        Which::Increase => Direction::Increase,
        Which::Decrease => Direction::Decrease,
    };
    let options = Options { direction, ..Options::default() };
    let (mut groups, mut metrics): (Vec<(String, Group)>, Vec<Classified>) = (Vec::new(), Vec::new());
    for series in arms.series() {
        let (canary, stable) = (&series.canary, &series.stable);
        let class = classify(canary, stable, &options);
        let group = series.name.split_once('/').map_or("all", |(group, _)| group).to_owned();
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, known)) => known.metrics.push((class, false)),
            None => groups.push((group.clone(), Group { weight: 1.0, metrics: vec![(class, false)] })),
        }
        let number = |value: f64| (class != Classification::NoData && value.is_finite()).then_some(value);
        metrics.push(Classified {
            group,
            label: label(class),
            samples: Samples { canary: canary.len(), stable: stable.len() },
            mean_ratio: number(mean_ratio(canary, stable)),
            common_language: number(common_language(canary, stable)),
            name: series.name,
        });
    }
    let score_of = |group: &Group| score(std::slice::from_ref(group));
    let scored = groups.iter().map(|(name, group)| Scored { name: name.clone(), score: score_of(group) });
    let scored = scored.collect();
    let all: Vec<Group> = groups.into_iter().map(|(_, group)| group).collect();
    let score = score(&all);
    let verdict = score.map_or(Verdict::NoData, |score| Verdict::of(score, pass, marginal));
    let either = options.direction == Direction::Either;
    Ok(Report { verdict, score, pass, marginal, groups: scored, metrics, unpaired: arms.unpaired, either })
}

/// Kayenta's words.
const fn label(class: Classification) -> &'static str {
    match class {
        Classification::Pass => "Pass",
        Classification::High => "High",
        Classification::Low => "Low",
        Classification::NoData => "Nodata",
        Classification::NoDataFails => "NodataFailMetric",
    }
}

impl Report {
    /// For people: a line for all, then a line for each metric.
    pub(super) fn shown(&self) -> String {
        let Self { score, pass, marginal, .. } = self;
        let mut out = match self.verdict {
            Verdict::NoData => "no data: no metric has a sample in both files\n".to_owned(),
            verdict => {
                let (word, score) = (verdict.word(), score.unwrap_or_default());
                format!("{word}: score {score:.0}; passes at {pass}, fails below {marginal}\n")
            }
        };
        if self.groups.len() > 1 {
            for group in &self.groups {
                let score = group.score.map_or("no data".to_owned(), |score| format!("score {score:.0}"));
                // Writing to a string cannot fail.
                let _ = writeln!(out, "group {}: {score}", group.name);
            }
        }
        let header = ["METRIC", "LABEL", "MEAN RATIO", "CANARY ABOVE STABLE", "SAMPLES"];
        let mut rows = vec![header.map(str::to_owned).to_vec()];
        rows.extend(self.metrics.iter().map(|metric| {
            let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
            let Samples { canary, stable } = metric.samples;
            vec![
                metric.name.clone(),
                metric.label.to_owned(),
                number(metric.mean_ratio),
                number(metric.common_language),
                format!("{canary} + {stable}"),
            ]
        }));
        out + "\n" + &table::aligned(&rows) + &self.notes()
    }

    /// Why a metric counts that some would not count, and what was compared besides.
    fn notes(&self) -> String {
        let mut notes = Vec::new();
        // Whoever comes from another judge does not expect that better is a deviation, too.
        let decided = self.either && matches!(self.verdict, Verdict::Fail | Verdict::Marginal);
        for metric in self.metrics.iter().filter(|_| decided) {
            let (is, direction) = match metric.label {
                "Low" => ("lower", "increase counts only what is higher"),
                "High" => ("higher", "decrease counts only what is lower"),
                _ => continue,
            };
            let name = &metric.name;
            notes
                .push(format!("`{name}` counts because it is {is} than stable's; --direction {direction}\n"));
        }
        notes.extend(
            self.unpaired.shown().map(|alone| format!("{alone}; they count, as ranks have no time\n")),
        );
        if notes.is_empty() { String::new() } else { format!("\n{}", notes.concat()) }
    }
}
