//! `judge`: a verdict over figures that somebody has, without a cluster.

mod classic;
mod files;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use crd::yaml::Position;
use judge::{Config, Document, Ending, Judge, Report, Verdict};
use serde::Serialize;

use crate::{Context, Env, Error, Io};
use files::{Arms, Unpaired};

const AFTER_HELP: &str = "\
Examples:
  # Is the canary as good as stable?
  %PROGRAM% judge canary.csv stable.csv

  # With margins of one's own, for machines
  %PROGRAM% judge canary.csv stable.csv --config judge.yaml -o json

  # As Kayenta judges, which looks once, at the end
  %PROGRAM% judge canary.csv stable.csv --classic

  # The score of a canary config that Kayenta has
  %PROGRAM% judge canary.csv stable.csv --classic-config canary-config.json

The file of --config; what is not said to be needed may be left out:
  judge:
    falseAborts: 1%          # of healthy releases, all metrics together; burn rates are rules beside it
    falsePass: 5%            # of canaries that are worse than passBelow, for each metric
    window: 10s
    minWindows: 3            # before a pass
    minRequests: 50
    maxWait: 30m             # then onInconclusive decides, and later lines are not looked at
    onInconclusive: pause    # pause, fail or pass-if-safe
    metrics:                 # needed, and so are each metric's name and kind
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
/// Lines of both files with the same time are one window; the order of the columns does not matter. A blank cell
/// is no reading: its metric has no window then. How strict the verdict is, and what each metric
/// may lose, is said by --config. Without it, fewer than 1 of 100 healthy releases fail, and a canary whose
/// share of errors is half as large again as stable's and 0.1 points more passes in fewer than 1 of 20.
///
/// A metric may also be held against an error budget: with `objective` it fails when the budget burns 14.4
/// times as fast as allowed over 1h and 5m, or 6 times over 6h and 30m, whatever stable does. That is a rule
/// beside the odds: falseAborts promises nothing of it. A rate is judged once its short window has been read in
/// full, and it fails no release before three requests were bad. A new step counts anew.
///
/// With `maxWait` the figures up to then are judged, and `onInconclusive` decides what is still open.
///
/// --classic judges as Kayenta does, for teams that move over: Mann-Whitney says High, Low, Pass or Nodata of
/// each metric (of an error rate a window, a gauge, the p99 of a histogram), and a score says how many pass;
/// metrics named GROUP/NAME are scored by group. Better counts against the canary as worse does, unless
/// --direction says which does. It is made for one look at the end: looking again and again
/// raises its false alarms.
///
/// --classic-config judges by a canary config of Kayenta, in JSON or YAML: metrics are found by their names, and
/// groups, groupWeights, direction, nanStrategy, mustHaveData, critical, muted, effectSize and outliers count as
/// its documentation says. A blank cell is NaN. How the metrics are queried is not looked at.
///
/// Exit codes: 0 pass, 1 a mistake, 2 fail, 3 more data is needed (or a person, or a marginal score), 4 no data.
#[derive(clap::Args)]
#[command(
    verbatim_doc_comment,
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    /// Windows of the canary; - for the standard input
    #[arg(value_name = "CANARY_CSV")]
    canary: PathBuf,
    /// Windows of stable; - for the standard input
    #[arg(value_name = "STABLE_CSV")]
    stable: PathBuf,
    /// A file with `judge: {...}`: margins and chances of error; - for the standard input
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The files hold counters that only grow, not counts of each window; gauges are read as they are
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
    let given = [Some(canary), Some(stable), config.as_ref(), classic.classic_config.as_ref()];
    if given.into_iter().flatten().filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(Error::new(
            "the standard input can be read once: give - for one of the files, and name the others",
        ));
    }
    let arms = Arms::read(context.env, canary, stable, *cumulative)?;
    if arms.only_grow {
        io.note("every count only grows: are these counters? then give --cumulative")?;
    }
    if let Some(path) = &classic.classic_config {
        let report = classic::configured::report(&arms, classic, context.env, path)?;
        return told(report.verdict, *output, &report, report.shown(), io);
    }
    if classic.classic {
        let report = classic::report(&arms, classic)?;
        return told(report.verdict, *output, &report, report.shown(), io);
    }
    let config = match config {
        Some(path) => configured(context.env, path)?,
        None => arms.defaults()?,
    };
    arms.fit(&config)?;
    let (report, at_max_wait) = judged(&arms, &config);
    let told = Told { report, unpaired: arms.unpaired, at_max_wait };
    io.text(match output {
        None => told.shown(),
        Some(output) => for_machines(*output, &told)?,
    })?;
    told.exit()
}

/// The report of all windows, or of those up to `maxWait`: nobody would have waited for more.
fn judged(arms: &Arms, config: &Config) -> (Report, Option<AtMaxWait>) {
    let mut judge = Judge::new(config);
    let (mut seconds, mut later) = (0.0, 0);
    let over = |seconds: f64| config.max_wait.is_some_and(|most| seconds >= most.as_secs_f64());
    for (window, weight_changed) in arms.windows(config) {
        if over(seconds) {
            later += 1;
            continue;
        }
        if weight_changed {
            judge.begin_step();
        }
        seconds += window.seconds;
        judge.observe(&window);
    }
    let report = judge.report();
    let ended = over(seconds).then(|| {
        let (ending, why) = judge.ending();
        AtMaxWait { ending, why, seconds, later_windows: later }
    });
    (report, ended)
}

/// The report, and what else there is to say of the files.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(flatten)]
    report: Report,
    unpaired: Unpaired,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_max_wait: Option<AtMaxWait>,
}

/// What becomes of the release when the time is up.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AtMaxWait {
    ending: Ending,
    why: String,
    /// Seconds of the windows by then.
    seconds: f64,
    /// Windows that were not looked at.
    later_windows: usize,
}

impl Told {
    fn shown(&self) -> String {
        let mut lines = self.report.sentences();
        if let Some(AtMaxWait { ending, why, seconds, later_windows }) = &self.at_max_wait {
            let undecided = matches!(self.report.verdict, Verdict::NeedMoreData | Verdict::NoData);
            let ending = match ending {
                Ending::Pass => "pass",
                Ending::Fail => "fail",
                Ending::Pause => "pause",
            };
            if undecided {
                lines.insert(0, format!("{ending} at maxWait, after {seconds} s: {why}"));
            }
            if *later_windows > 0 {
                let windows = if *later_windows == 1 { "window was" } else { "windows were" };
                lines.push(format!("{later_windows} {windows} not looked at: maxWait was over"));
            }
        }
        if let Some(unpaired) = self.unpaired.shown() {
            lines.push(format!("{unpaired}; left out"));
        }
        lines.join("\n") + "\n"
    }

    fn exit(&self) -> Result<(), Error> {
        let ending = self.at_max_wait.as_ref().map(|at| at.ending);
        match (self.report.verdict, ending) {
            (Verdict::Fail, _) | (_, Some(Ending::Fail)) => Err(Error::Verdict(2)),
            (Verdict::Pass, _) | (_, Some(Ending::Pass)) => Ok(()),
            (Verdict::NeedMoreData, _) => Err(Error::Verdict(3)),
            (Verdict::NoData, _) => Err(Error::Verdict(4)),
        }
    }
}

/// Writes a report of Kayenta's judge, and says its verdict.
fn told(
    verdict: classic::Verdict,
    output: Option<Output>,
    report: &impl Serialize,
    shown: String,
    io: &mut Io<'_>,
) -> Result<(), Error> {
    io.text(match output {
        None => shown,
        Some(output) => for_machines(output, report)?,
    })?;
    match verdict {
        classic::Verdict::Pass => Ok(()),
        classic::Verdict::Fail => Err(Error::Verdict(2)),
        classic::Verdict::Marginal => Err(Error::Verdict(3)),
        classic::Verdict::NoData => Err(Error::Verdict(4)),
    }
}

fn configured(env: &Env, path: &Path) -> Result<Config, Error> {
    let shown = files::shown(path);
    let text = env.read(path).map_err(|error| Error::unreadable(&shown, &error))?;
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
        let (_, file) = AFTER_HELP.split_once("may be left out:\n").unwrap();
        let (file, _) = file.split_once("\n\n").unwrap();
        let Document { judge } = crd::yaml::from_str(file).unwrap();
        assert_eq!(judge.metrics.len(), 3);
    }
}
