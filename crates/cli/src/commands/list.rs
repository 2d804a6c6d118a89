//! `list`: many objects, one line each.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value as Json;

use super::{list_analysis_runs, list_experiments, list_rollouts};
use crate::json::Read as _;
use crate::render::table;
use crate::resource::Resource;
use crate::{Cluster, Context, Error, Io, stop, watch};

/// Changes within this time are aligned together.
const BURST: Duration = Duration::from_millis(500);
/// Watches that may fail one after the other.
const FAILURES: usize = 5;

/// List rollouts, experiments or AnalysisRuns
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # List rollouts\n  %PROGRAM% list rollouts\n\n  # List experiments\n  %PROGRAM% list experiments\n\n  # List AnalysisRuns\n  %PROGRAM% list analysisruns"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(visible_aliases = ["ro", "rollout"])]
    Rollouts(list_rollouts::Args),
    #[command(visible_aliases = ["exp", "experiment"])]
    Experiments(list_experiments::Args),
    #[command(name = "analysisruns", visible_aliases = ["ar", "analysisrun"])]
    AnalysisRuns(list_analysis_runs::Args),
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    match args.what {
        What::Rollouts(args) => list_rollouts::run(args, context, io).await,
        What::Experiments(args) => list_experiments::run(args, context, io).await,
        What::AnalysisRuns(args) => list_analysis_runs::run(args, context, io).await,
    }
}

/// A column: its heading and the least width of its cells.
pub(super) type Column = (&'static str, usize);

/// Rows as wide as their columns want, with or without headings. Of the headings the last is not padded.
pub(super) fn table(columns: &[Column], headings: bool, rows: &[Vec<String>]) -> String {
    let header: Vec<String> = columns.iter().map(|(heading, _)| (*heading).to_owned()).collect();
    let padded = rows.iter().map(|row| {
        let cells = row.iter().zip(columns);
        cells.map(|(cell, (_, least))| table::padded(cell, *least)).collect::<Vec<_>>()
    });
    let all: Vec<Vec<String>> = headings.then_some(header).into_iter().chain(padded).collect();
    table::aligned(&all)
}

/// What is listed, and how.
pub(super) struct Listing<'a> {
    pub(super) resource: Resource,
    /// `None`: all of them, and then there is a column for it, in this place.
    pub(super) namespace: Option<&'a str>,
    pub(super) namespace_at: usize,
    /// Only those with these values in these fields.
    pub(super) fields: Option<String>,
    pub(super) columns: Vec<Column>,
    /// The line of an object.
    pub(super) row: &'a (dyn Fn(&Json) -> Vec<String> + Sync),
    /// What of an object makes a new line of it: all that is shown but what only the time changes.
    pub(super) state: &'a (dyn Fn(&Json) -> Vec<String> + Sync),
}

impl Listing<'_> {
    /// Prints a line an object and, if they are watched, another one when what it shows is new.
    pub(super) async fn print(&self, cluster: &Cluster, watches: bool, io: &mut Io<'_>) -> Result<(), Error> {
        let fields = self.fields.as_ref();
        let query =
            fields.map_or_else(String::new, |fields| format!("fieldSelector={}", fields.replace('=', "%3D")));
        let objects = cluster.list_where(self.resource, self.namespace, &query).await?;
        if objects.is_empty() && !watches {
            return io.note("No resources found.");
        }
        let rows: Vec<Vec<String>> = objects.iter().map(|object| self.spaced_row(object)).collect();
        io.text(table(&self.spaced_columns(), true, &rows))?;
        if !watches {
            return Ok(());
        }
        let printed = objects.iter().map(|object| (key(object), (self.state)(object))).collect();
        tokio::select! {
            done = self.follow(cluster, printed, io) => done,
            () = stop::asked() => Ok(()),
        }
    }

    async fn follow(
        &self,
        cluster: &Cluster,
        mut printed: BTreeMap<[String; 3], Vec<String>>,
        io: &mut Io<'_>,
    ) -> Result<(), Error> {
        let states = watch::states(cluster, self.resource, self.namespace, self.fields.clone());
        let mut bursts = std::pin::pin!(states);
        let mut failures = 0;
        while let Some(first) = bursts.next().await {
            let end = tokio::time::sleep(BURST);
            let mut end = std::pin::pin!(end);
            let mut rows = Vec::new();
            let mut state = Some(first);
            while let Some(now) = state.take() {
                match now {
                    Ok(object) => {
                        failures = 0;
                        let values = (self.state)(&object);
                        if printed.insert(key(&object), values.clone()).as_ref() != Some(&values) {
                            rows.push(self.spaced_row(&object));
                        }
                    }
                    Err(error) if failures == FAILURES => return Err(Error::new(error.to_string())),
                    Err(error) => {
                        failures += 1;
                        io.note(format!("the watch failed and is tried again: {error}"))?;
                    }
                }
                tokio::select! {
                    next = bursts.next() => state = next,
                    () = &mut end => {}
                }
            }
            io.text(table(&self.spaced_columns(), false, &rows))?;
        }
        Ok(())
    }

    fn spaced_columns(&self) -> Vec<Column> {
        let mut columns = self.columns.clone();
        if self.namespace.is_none() {
            columns.insert(self.namespace_at, ("NAMESPACE", 9));
        }
        columns
    }

    fn spaced_row(&self, object: &Json) -> Vec<String> {
        let mut row = (self.row)(object);
        if self.namespace.is_none() {
            row.insert(self.namespace_at, object.text("/metadata/namespace").to_owned());
        }
        row
    }
}

/// One that was deleted and made anew is another one.
fn key(object: &Json) -> [String; 3] {
    ["/metadata/namespace", "/metadata/name", "/metadata/uid"].map(|place| object.text(place).to_owned())
}
