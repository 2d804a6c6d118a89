//! `history`: the decisions over a rollout, one after another.

mod show;

use clap::ValueEnum;
use journal::{Actor, Change, Entry, Told};
use serde_json::{Value as Json, json};

use super::journals;
use crate::{Context, Error, Io};

/// Show the decisions over a rollout: when, by whom, on what, why, and what was done
///
/// The controller writes them down when it is started with --decisionJournal.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # What happened to it\n  %PROGRAM% history rollout guestbook\n\n  # The last three decisions, with everything\n  %PROGRAM% history rollout guestbook --last 3 -o wide\n\n  # A file that can be replayed\n  %PROGRAM% history rollout guestbook -o json > guestbook.json"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollouts"])]
    Rollout(Rollout),
}

/// Show the decisions over a rollout: when, by whom, on what, why, and what was done
///
/// The controller writes them down when it is started with --decisionJournal.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # What happened to it\n  %PROGRAM% history rollout guestbook\n\n  # The last three decisions, with everything\n  %PROGRAM% history rollout guestbook --last 3 -o wide\n\n  # A file that can be replayed\n  %PROGRAM% history rollout guestbook -o json > guestbook.json"
)]
struct Rollout {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// Only the last decisions
    #[arg(long, value_name = "NUMBER")]
    last: Option<usize>,
    /// Everything that was looked at and decided, or several lines a decision
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Json,
    Yaml,
    Wide,
}

/// One entry, and what is told of it.
struct Line {
    entry: Entry,
    actor: Actor,
    changes: Vec<Change>,
    told: Told,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let What::Rollout(Rollout { name, last, output }) = args.what;
    let cluster = context.cluster().await?;
    let journal = journals::read(&cluster, &name, context).await?;
    let mut lines = lines(journals::entries(&journal)?);
    let skipped = last.map_or(0, |last| lines.len().saturating_sub(last));
    lines.drain(..skipped);
    let failed = |error: &dyn std::fmt::Display| Error::new(format!("cannot write the history: {error}"));
    io.text(match output {
        None => show::table(&lines),
        Some(Output::Wide) => show::blocks(&lines, context.env),
        Some(output) => {
            let rollout = serde_json::to_value(&journal.rollout).map_err(|error| failed(&error))?;
            let value = for_machines(&rollout, &lines).map_err(|error| failed(&error))?;
            match output {
                Output::Yaml => crd::yaml::to_string(&value).map_err(|error| failed(&error))?,
                Output::Json | Output::Wide => format!("{value:#}\n"),
            }
        }
    })
}

/// The entries with what changed before each.
fn lines(entries: Vec<Entry>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(entries.len());
    for entry in entries {
        let (actor, changes) = entry.since(lines.last().map(|line| &line.entry));
        let told = entry.told();
        lines.push(Line { entry, actor, changes, told });
    }
    lines
}

/// A journal whose entries hold their objects, and more besides; `replay` reads it.
fn for_machines(rollout: &Json, lines: &[Line]) -> Result<Json, serde_json::Error> {
    let one = |line: &Line| -> Result<Json, serde_json::Error> {
        let mut entry = serde_json::to_value(&line.entry)?;
        if let Some(fields) = entry.as_object_mut() {
            fields.insert("actor".to_owned(), serde_json::to_value(line.actor)?);
            fields.insert("changes".to_owned(), serde_json::to_value(&line.changes)?);
            fields.insert("told".to_owned(), serde_json::to_value(&line.told)?);
        }
        Ok(entry)
    };
    let entries = lines.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"version": 1, "rollout": rollout, "entries": entries}))
}
