//! `replay`: the recorded decisions, decided again and compared.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use journal::{Difference, Entry, Journal};
use serde_json::{Value as Json, json};

use super::journals;
use crate::{Context, Error, Io};

/// Decide again what was recorded, and compare
///
/// Every decision of the journal is made again, from the same inputs at the same time, by this version of aviary. Ends
/// with 1 if one differs.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Was it this version that decided so?\n  %PROGRAM% replay rollout guestbook\n\n  # A journal from elsewhere, as `history -o json` or `kubectl get configmap guestbook-decisions -o yaml` print it\n  %PROGRAM% replay -f guestbook.json"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// A journal in a file; - for the standard input
    #[arg(short, long, value_name = "FILE", global = true)]
    filename: Option<PathBuf>,
    /// How to write the differences
    #[arg(short, long, value_enum, default_value = "text", global = true)]
    output: Output,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollouts"])]
    Rollout(Rollout),
}

/// Decide again what was recorded of a rollout, and compare
///
/// Every decision of the journal is made again, from the same inputs at the same time, by this version of aviary. Ends
/// with 1 if one differs.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Was it this version that decided so?\n  %PROGRAM% replay rollout guestbook"
)]
struct Rollout {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// A decision that is another one today.
type Differing = (Entry, Vec<Difference>);

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let journal = match (&args.what, &args.filename) {
        (Some(What::Rollout(Rollout { name })), None) => {
            journals::read(&context.cluster().await?, name, context).await?
        }
        (None, Some(file)) => from_file(file, context)?,
        (None, None) => return Err(Error::missing("<rollout ROLLOUT_NAME|--filename <FILE>>")),
        (Some(_), Some(_)) => {
            return Err(Error::Usage(
                "a rollout of the cluster cannot be used with --filename <FILE>".to_owned(),
            ));
        }
    };
    let entries = journals::entries(&journal)?;
    let count = entries.len();
    let mut differing: Vec<Differing> = Vec::new();
    for entry in entries {
        let differences = entry.replay().map_err(journals::said)?;
        if !differences.is_empty() {
            differing.push((entry, differences));
        }
    }
    io.text(match args.output {
        Output::Text => for_people(&journal, count, &differing),
        Output::Json => for_machines(count, &differing)?,
    })?;
    match differing.len() {
        0 => Ok(()),
        1 => Err(Error::new(format!("1 of {count} decisions differs from the recorded one"))),
        many => Err(Error::new(format!("{many} of {count} decisions differ from the recorded ones"))),
    }
}

fn from_file(file: &Path, context: &Context<'_>) -> Result<Journal, Error> {
    let shown = file.display();
    let text = context.env.read(file).map_err(|error| Error::unreadable(&shown, &error))?;
    let value: Json = match serde_json::from_str(&text) {
        Ok(value) => value,
        Err(_) => crd::yaml::from_str(&text).map_err(|error| Error::new(format!("{shown}: {error}")))?,
    };
    journal::read(value).map_err(|error| Error::new(format!("{shown}: {error}")))
}

fn for_people(journal: &Journal, count: usize, differing: &[Differing]) -> String {
    let of = &journal.rollout;
    let mut out = String::new();
    for (entry, differences) in differing {
        out.extend([format!("#{}  {}\n", entry.number, entry.time)]);
        for difference in differences {
            let Difference { field, recorded, decided } = difference;
            out.extend([format!("  {field}\n    recorded  {recorded}\n    decided   {decided}\n")]);
        }
    }
    if differing.is_empty() {
        let decisions = if count == 1 { "1 decision".to_owned() } else { format!("{count} decisions") };
        out = format!("{decisions} over Rollout {}/{} decided again, as recorded\n", of.namespace, of.name);
    }
    out
}

fn for_machines(count: usize, differing: &[Differing]) -> Result<String, Error> {
    let differing: Vec<Json> = differing
        .iter()
        .map(|(entry, differences)| json!({"number": entry.number, "time": entry.time, "differences": differences}))
        .collect();
    let text = serde_json::to_string_pretty(&json!({"decisions": count, "differing": differing}));
    text.map(|text| text + "\n").map_err(|error| Error::new(format!("cannot write the differences: {error}")))
}
