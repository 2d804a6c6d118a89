//! `judge`: a verdict over figures that somebody has, without a cluster.

mod classic;
mod files;

use std::fmt::Display;
use std::path::PathBuf;

use clap::ValueEnum;
use crd::yaml::Position;
use judge::{Config, Document, Judge, Report, Verdict};

use crate::{Context, Env, Error, Io};
use files::Arms;

const AFTER_HELP: &str = "\
Examples:
  # Is the canary as good as stable?
  %PROGRAM% judge canary.csv stable.csv

  # With margins of one's own, for machines
  %PROGRAM% judge canary.csv stable.csv --config judge.yaml -o json

  # As Kayenta judges, which looks once, at the end
  %PROGRAM% judge canary.csv stable.csv --classic

The file of --config, every line of which may be left out:
  judge:
    falseAborts: 1%          # of healthy releases, all metrics together
    falsePass: 5%            # of canaries that are worse than passBelow, for each metric
    window: 10s
    minWindows: 3            # before a pass
    minRequests: 50
    metrics:
    - name: errors           # as in the header of the files
      kind: proportion       # proportion, rate, latency, gauge or limit
      failAbove: {relative: 0%, absolute: 0.01pp}
      passBelow: {relative: 50%, absolute: 0.1pp}
    - {name: latency, kind: latency, edges: [0.1, 0.5, 1]}
    - {name: budget, kind: limit, objective: 99.9%}   # burn rates, of NAME.bad and NAME.total

README.md of crates/judge in Aviary's repository has every field.";

/// Judge a canary against stable, by the counts of both, window by window
///
/// Reads two CSV files with the same header: one line a window, first the time of its end (seconds, or
/// RFC 3339), then for each metric what was counted in that window:
///
///   NAME.bad, NAME.total       a proportion: failed requests out of all
///   NAME.count, NAME.exposure  a rate: restarts per pod-minute
///   NAME[STRATUM].bad, ...     the same by route or tenant: canary and stable are compared within each
///   NAME.value                 a gauge: its mean over the window
///   NAME.le_0.1, NAME.le_inf   a latency: requests up to each bound, as a histogram counts them
///   weight                     the canary's weight: where it changes, a step begins, with a warm-up of its own
///
/// Lines of both files with the same time are one window. How strict the verdict is, and what each metric
/// may lose, is said by --config. Without it, fewer than 1 of 100 healthy releases fail, and a canary whose
/// share of errors is half as large again as stable's and 0.1 points more passes in fewer than 1 of 20.
///
/// A metric may also be held against an error budget: with `objective` it fails when the budget burns 14.4
/// times as fast as allowed over 1h and 5m, or 6 times over 6h and 30m, whatever stable does; a new step
/// counts anew.
///
/// --classic judges as Kayenta does, for teams that move over: Mann-Whitney says High, Low, Pass or Nodata of
/// each metric (of an error rate a window, a gauge, the p99 of a histogram), and a score says how many pass;
/// metrics named GROUP/NAME are scored by group. It is made for one look at the end: looking again and again
/// raises its false alarms.
///
/// Exit codes: 0 pass, 1 a mistake, 2 fail, 3 more data is needed (or a marginal score), 4 no data.
#[derive(clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    /// Windows of the canary
    #[arg(value_name = "CANARY_CSV")]
    canary: PathBuf,
    /// Windows of stable
    #[arg(value_name = "STABLE_CSV")]
    stable: PathBuf,
    /// A file with `judge: {...}`: margins and chances of error
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The files hold counters that only grow, not counts of each window
    #[arg(long)]
    cumulative: bool,
    #[command(flatten)]
    classic: classic::Args,
    /// How to write the report: for people if not given
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Json,
    Yaml,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let Args { canary, stable, config, cumulative, classic, output } = args;
    let arms = Arms::read(&at(context.env, canary), &at(context.env, stable), *cumulative)?;
    if classic.classic {
        return classically(&arms, classic, *output, io);
    }
    let config = match config {
        Some(path) => configured(&at(context.env, path))?,
        None => arms.defaults()?,
    };
    arms.fit(&config)?;
    let mut judge = Judge::new(&config);
    for (window, weight_changed) in arms.windows(&config) {
        if weight_changed {
            judge.begin_step();
        }
        judge.observe(&window);
    }
    let report = judge.report();
    io.text(match output {
        None => shown(&report, arms.unpaired()),
        Some(output) => for_machines(*output, &report)?,
    })?;
    match report.verdict {
        Verdict::Pass => Ok(()),
        Verdict::Fail => Err(Error::Verdict(2)),
        Verdict::NeedMoreData => Err(Error::Verdict(3)),
        Verdict::NoData => Err(Error::Verdict(4)),
    }
}

fn classically(
    arms: &Arms,
    args: &classic::Args,
    output: Option<Output>,
    io: &mut Io<'_>,
) -> Result<(), Error> {
    let report = classic::report(arms, args)?;
    io.text(match output {
        None => report.shown(),
        Some(output) => for_machines(output, &report)?,
    })?;
    match report.verdict {
        classic::Verdict::Pass => Ok(()),
        classic::Verdict::Fail => Err(Error::Verdict(2)),
        classic::Verdict::Marginal => Err(Error::Verdict(3)),
        classic::Verdict::NoData => Err(Error::Verdict(4)),
    }
}

fn at(env: &Env, path: &std::path::Path) -> PathBuf {
    env.directory.join(path)
}

fn configured(path: &std::path::Path) -> Result<Config, Error> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| Error::unreadable(&shown, &error))?;
    let at = |place: Position, why: &dyn Display| format!("{shown}:{}:{}: {why}", place.line, place.column);
    let mut documents = crd::yaml::documents(&text).into_iter();
    let document = match (documents.next(), documents.next()) {
        (Some(Ok(document)), None) => document,
        (Some(Err(error)), _) => {
            let (place, why) = crd::yaml::told(&error);
            return Err(Error::new(at(place, &why)));
        }
        (Some(Ok(_)), Some(_)) => {
            return Err(Error::new(format!(
                "{shown} has several documents; keep the one with `judge: {{...}}`"
            )));
        }
        (None, _) => return Err(Error::new(format!("{shown} is empty; write `judge: {{...}}`"))),
    };
    let judge = Document::read(&document.value).map_err(|mistakes| {
        let place = |mistake: &judge::Error| document.position_of(mistake.field().pointer());
        let mut told: Vec<_> = mistakes.iter().map(|mistake| (place(mistake), mistake)).collect();
        told.sort_by_key(|(place, _)| *place);
        let lines: Vec<String> = told.iter().map(|(place, mistake)| at(*place, mistake)).collect();
        Error::new(lines.join("\n"))
    })?;
    Ok(judge.judge)
}

fn shown(report: &Report, unpaired: usize) -> String {
    let mut lines = report.sentences();
    if unpaired > 0 {
        let alone = if unpaired == 1 { "1 line has".to_owned() } else { format!("{unpaired} lines have") };
        lines.push(format!("{alone} no line of the same time in the other file, and were left out"));
    }
    lines.join("\n") + "\n"
}

fn for_machines(output: Output, report: &impl serde::Serialize) -> Result<String, Error> {
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("cannot write the report: {error}"));
    match output {
        Output::Json => {
            let text = serde_json::to_string_pretty(report).map_err(|error| failed(&error))?;
            Ok(format!("{text}\n"))
        }
        Output::Yaml => {
            // Infinite odds are `null` in JSON, and so they are here.
            let value = serde_json::to_value(report).map_err(|error| failed(&error))?;
            crd::yaml::to_string(&value).map_err(|error| failed(&error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_in_the_help_can_be_read() {
        let (_, file) = AFTER_HELP.split_once("left out:\n").unwrap();
        let (file, _) = file.split_once("\n\n").unwrap();
        let Document { judge } = crd::yaml::from_str(file).unwrap();
        assert_eq!(judge.metrics.len(), 3);
    }
}
