//! `create`: objects from files (spec cli-commands 6).

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::create_analysis_run;
use crate::json::Read as _;
use crate::resource::{
    ANALYSIS_RUNS, ANALYSIS_TEMPLATES, CLUSTER_ANALYSIS_TEMPLATES, EXPERIMENTS, ROLLOUTS, Resource,
};
use crate::{Context, Env, Error, Io};

const KINDS: [Resource; 5] =
    [EXPERIMENTS, ROLLOUTS, ANALYSIS_TEMPLATES, CLUSTER_ANALYSIS_TEMPLATES, ANALYSIS_RUNS];

/// Create a Rollout, Experiment, AnalysisTemplate, ClusterAnalysisTemplate, or AnalysisRun resource
#[derive(clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  # Create an experiment\n  %PROGRAM% create -f my-experiment.yaml\n\n  # Create an AnalysisRun from an AnalysisTemplate in the cluster\n  %PROGRAM% create analysisrun --from my-analysis-template"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Files to use to create the resource
    #[arg(short, long = "filename", value_name = "FILE")]
    filenames: Vec<PathBuf>,
    /// Watch live updates to the resource after creating
    #[arg(short, long)]
    watch: bool,
    /// Do not colorize output
    #[arg(long)]
    no_color: bool,
}

#[derive(clap::Subcommand)]
enum What {
    #[command(name = "analysisrun", visible_alias = "ar")]
    AnalysisRun(create_analysis_run::Args),
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    if let Some(What::AnalysisRun(args)) = args.what {
        return create_analysis_run::run(args, context, io).await;
    }
    if args.filenames.is_empty() {
        return Err(Error::missing("--filename <FILE>"));
    }
    if args.watch && args.filenames.len() > 1 {
        return Err(Error::new("Cannot watch multiple resources"));
    }
    let mut last = None;
    for path in &args.filenames {
        last = Some(create(path, context, io).await?);
    }
    match last.filter(|_| args.watch) {
        Some((resource, object)) => watch(resource, &object, args.no_color, context, io).await,
        None => Ok(()),
    }
}

async fn create(path: &Path, context: &Context<'_>, io: &mut Io<'_>) -> Result<(Resource, Json), Error> {
    let object = read(context.env, path)?;
    let resource = kind(&object)?;
    let cluster = context.cluster().await?;
    // The file counts more than the flag.
    let written = Some(object.text("/metadata/namespace")).filter(|namespace| !namespace.is_empty());
    let namespace = written.unwrap_or(&cluster.namespace);
    let namespace = (resource != CLUSTER_ANALYSIS_TEMPLATES).then_some(namespace);
    let created = cluster.create(resource, namespace, &object).await?;
    // The public plugin says so of both kinds of template.
    let said = if resource == CLUSTER_ANALYSIS_TEMPLATES { ANALYSIS_TEMPLATES } else { resource };
    io.line(format!("{}/{} created", said.singular(), created.name()))?;
    Ok((resource, created))
}

/// The first document of a file.
pub(super) fn read(env: &Env, path: &Path) -> Result<Json, Error> {
    let shown = path.display();
    let text = env.read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(format!("open {shown}: no such file or directory")),
        _ => Error::new(format!("open {shown}: {error}")),
    })?;
    let refused = |reason: String| Error::new(format!("{shown}: {reason}"));
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(&text).map_err(|error| refused(error.to_string()));
    }
    let documents: Vec<Json> =
        crd::yaml::from_documents(&text).map_err(|error| refused(error.to_string()))?;
    documents.into_iter().next().ok_or_else(|| refused("no object".to_owned()))
}

fn kind(object: &Json) -> Result<Resource, Error> {
    let (group, _) = object.text("/apiVersion").split_once('/').unwrap_or_default();
    let kind = object.text("/kind");
    let found = KINDS.iter().find(|resource| resource.group == group && resource.kind == kind);
    found.copied().ok_or_else(|| Error::new(format!("creates of {group}/{kind} unsupported")))
}

/// What the flag promises: the view of the new object, kept up to date.
async fn watch(
    resource: Resource,
    object: &Json,
    no_color: bool,
    context: &Context<'_>,
    io: &mut Io<'_>,
) -> Result<(), Error> {
    let word = match resource {
        ROLLOUTS => "rollout",
        EXPERIMENTS => "experiment",
        _ => return Err(Error::new("Can only watch resources of type Rollout or Experiment")),
    };
    let namespace = object.text("/metadata/namespace");
    let mut words = vec!["get", word, object.name(), "--watch", "--namespace", namespace];
    if no_color {
        words.push("--no-color");
    }
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    match crate::command_line::parse(&words, context.env)? {
        crate::command_line::Parsed::Command(command, own) => {
            let mut flags = context.flags.clone();
            flags.namespace.clone_from(&own.namespace);
            let inner = Context { env: context.env, flags: &flags, target: context.target.clone() };
            Box::pin(super::run(*command, &inner, io)).await
        }
        crate::command_line::Parsed::Help(text) => io.text(text),
    }
}
