//! `lint`: what will not work as it reads, found offline (the public plugin's answer: spec cli-lint).

mod fix;
mod show;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use lint::{Report, Rule, Severity};

use crate::{Context, Error, Io, bundle};

/// Find what will not work as it reads, before it is released
///
/// Reads manifests, workflow files and Terraform as one bundle; needs no cluster. Ends with 1 if there are errors. A
/// comment `# aviary:allow RULE -- reason` on a line or above it silences a rule there.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Everything below a directory\n  %PROGRAM% lint deploy/\n\n  # What Helm renders, together with the pipeline\n  helm template ./chart | %PROGRAM% lint - .github/workflows/\n\n  # Mend what can be mended without thinking\n  %PROGRAM% lint --fix rollout.yaml\n\n  # Beside the lines of a pull request\n  %PROGRAM% lint -o github deploy/\n\n  # What a rule is about\n  %PROGRAM% lint --explain replica-weights"
)]
pub(crate) struct Args {
    /// Files and directories; - for the standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A file or directory, like the arguments
    #[arg(short, long = "filename", value_name = "FILE")]
    filenames: Vec<PathBuf>,
    /// How to write the findings
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
    /// Change the files where that can be done without thinking
    #[arg(long)]
    fix: bool,
    /// End with 1 from this severity on: error, warning or info
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: String,
    /// Set the severity of a rule: error, warning, info or off
    #[arg(long, value_name = "RULE=SEVERITY")]
    severity: Vec<String>,
    /// List the rules
    #[arg(long)]
    rules: bool,
    /// Print the page of a rule
    #[arg(long, value_name = "RULE")]
    explain: Option<String>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
    Sarif,
    Github,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    if args.rules {
        return show::rules(io);
    }
    if let Some(id) = &args.explain {
        return io.text(named(id)?.page());
    }
    let paths: Vec<PathBuf> = args.paths.iter().chain(&args.filenames).cloned().collect();
    if paths.is_empty() {
        return Err(Error::missing("<PATH>..."));
    }
    if let Some(file) = as_the_public_plugin(args, context) {
        return public(file, context, io);
    }
    let fail_on = Severity::named(&args.fail_on)
        .ok_or_else(|| Error::new(format!("--fail-on {:?} is none of error, warning, info", args.fail_on)))?;
    let severities = args.severity.iter().map(|text| severity(text)).collect::<Result<Vec<_>, Error>>()?;
    let read = bundle::read(&paths, context.env)?;
    let mut report = lint::check(read.sources.clone());
    for (rule, severity) in severities {
        report.set_severity(rule, severity);
    }
    if args.fix {
        let fixed = fix::write(&read, &report, context.env)?;
        for (file, count) in &fixed {
            io.note(format!("{file}: {count} mended"))?;
        }
        if !fixed.is_empty() {
            report = lint::check(bundle::read(&paths, context.env)?.sources);
        }
    }
    io.text(match args.output {
        Output::Text => show::text(&report, &read, context.env),
        Output::Json => pretty(&lint::json(&report))?,
        Output::Sarif => pretty(&lint::sarif(&report))?,
        Output::Github => lint::github(&report),
    })?;
    if report.reaches(fail_on) { Err(Error::new(show::refusal(&report, fail_on))) } else { Ok(()) }
}

fn pretty(value: &serde_json::Value) -> Result<String, Error> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|error| Error::new(format!("cannot write the findings: {error}")))
}

fn named(id: &str) -> Result<&'static Rule, Error> {
    Rule::named(id)
        .ok_or_else(|| Error::new(format!("there is no rule {id:?}; `aviary lint --rules` lists them")))
}

fn severity(text: &str) -> Result<(&'static str, Option<Severity>), Error> {
    let (rule, level) = text
        .split_once('=')
        .ok_or_else(|| Error::new(format!("--severity {text:?} is not of the form RULE=SEVERITY")))?;
    let rule = named(rule)?.id;
    if level == "off" {
        return Ok((rule, None));
    }
    let level = Severity::named(level).ok_or_else(|| {
        Error::new(format!("--severity {text:?}: {level:?} is none of error, warning, info, off"))
    })?;
    Ok((rule, Some(level)))
}

/// The one file that is to be judged as the public plugin judges it: by its name, and with nothing of ours.
fn as_the_public_plugin<'a>(args: &'a Args, context: &Context<'_>) -> Option<&'a PathBuf> {
    let plain = args.paths.is_empty() && !args.fix && args.output == Output::Text && args.severity.is_empty();
    // A repeated flag keeps the last file.
    args.filenames.last().filter(|_| plain && context.env.program == "kubectl-argo-rollouts")
}

fn public(file: &Path, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let text = context.env.read(file).map_err(|error| {
        let shown = file.display();
        match error.kind() {
            std::io::ErrorKind::NotFound => Error::new(format!("open {shown}: no such file or directory")),
            _ => Error::new(format!("open {shown}: {error}")),
        }
    })?;
    let answer = lint::compat(&text);
    io.text(&answer.stdout)?;
    match answer.stderr.trim_end().strip_prefix("Error: ") {
        None => Ok(()),
        Some(text) => Err(Error::new(text)),
    }
}

/// Whether there is anything to look at.
fn is_empty(report: &Report) -> bool {
    report.files == 0
}
