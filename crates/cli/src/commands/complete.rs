//! `__complete`: what may follow, asked by kubectl's completion (spec cli-commands 13).

use crate::resource::{ANALYSIS_RUNS, EXPERIMENTS, ROLLOUTS, Resource};
use crate::{Context, Error, Io, usage};

/// The words typed so far; the last is being typed.
#[derive(clap::Args)]
pub(crate) struct Request {
    words: Vec<String>,
}

/// Which objects the first word after a command names.
const NAMED: &[(&[&str], Resource)] = &[
    (&["abort"], ROLLOUTS),
    (&["explain", "rollout"], ROLLOUTS),
    (&["get", "rollout"], ROLLOUTS),
    (&["history", "rollout"], ROLLOUTS),
    (&["pause"], ROLLOUTS),
    (&["promote"], ROLLOUTS),
    (&["replay", "rollout"], ROLLOUTS),
    (&["restart"], ROLLOUTS),
    (&["retry", "rollout"], ROLLOUTS),
    (&["set", "image"], ROLLOUTS),
    (&["status"], ROLLOUTS),
    (&["undo"], ROLLOUTS),
    (&["get", "analysisrun"], ANALYSIS_RUNS),
    (&["get", "experiment"], EXPERIMENTS),
    (&["retry", "experiment"], EXPERIMENTS),
    (&["terminate", "experiment"], EXPERIMENTS),
    (&["terminate", "analysisrun"], ANALYSIS_RUNS),
];

/// The request, if that is what the command line is.
pub(crate) fn from(args: &[String]) -> Option<super::Command> {
    let (first, words) = args.split_first()?;
    (first == "__complete").then(|| super::Command::Complete(Request { words: words.to_vec() }))
}

pub(crate) async fn run(request: Request, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let (typed, before) = request.words.split_last().ok_or_else(|| Error::missing("WORD"))?;
    let path = usage::path(before);
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let row = NAMED.iter().find(|(command, _)| *command == words.as_slice());
    // Only the first name is completed.
    if let Some((_, resource)) = row.filter(|_| before.len() == path.len()) {
        let cluster = context.cluster().await?;
        let objects = cluster.list(*resource).await?;
        for name in
            objects.iter().map(crate::json::Read::name).filter(|name| name.starts_with(typed.as_str()))
        {
            io.line(name)?;
        }
    }
    // 4: the shell shall not offer files.
    io.line(":4")?;
    io.note("Completion ended with directive: ShellCompDirectiveNoFileComp")
}
