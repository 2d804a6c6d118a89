//! `create analysisrun`: measure now, by a template (spec cli-commands 6.1).

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::create::read;
use crate::json::Read as _;
use crate::resource::{ANALYSIS_RUNS, ANALYSIS_TEMPLATES, CLUSTER_ANALYSIS_TEMPLATES};
use crate::{Cluster, Context, Error, Io};

/// Create an AnalysisRun from an AnalysisTemplate or a ClusterAnalysisTemplate
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Create an AnalysisRun from a local AnalysisTemplate file\n  %PROGRAM% create analysisrun --from-file my-analysis-template.yaml\n\n  # Create an AnalysisRun from an AnalysisTemplate in the cluster\n  %PROGRAM% create analysisrun --from my-analysis-template\n\n  # With an argument and a name\n  %PROGRAM% create analysisrun --from my-analysis-template -a service=guestbook --name run1"
)]
pub(crate) struct Args {
    /// Use the specified name for the run
    #[arg(long)]
    name: Option<String>,
    /// Use the specified generateName for the run
    #[arg(long)]
    generate_name: Option<String>,
    /// Instance-ID for the AnalysisRun
    #[arg(long)]
    instance_id: Option<String>,
    /// Arguments to the parameter template, NAME=VALUE; may be repeated
    #[arg(short, long = "argument", value_name = "NAME=VALUE")]
    arguments: Vec<String>,
    /// Create an AnalysisRun from an AnalysisTemplate or ClusterAnalysisTemplate in the cluster
    #[arg(long, value_name = "NAME")]
    from: Option<String>,
    /// Create an AnalysisRun from an AnalysisTemplate or ClusterAnalysisTemplate in a local file
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// Use a ClusterAnalysisTemplate instead of an AnalysisTemplate
    #[arg(long)]
    global: bool,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let given = given(&args.arguments)?;
    let (cluster, template) = match (&args.from, &args.from_file) {
        // A file that is not there is told whether there is a cluster or not.
        (None, Some(path)) => {
            let template = read(context.env, path)?;
            (context.cluster().await?, template)
        }
        (Some(name), None) => {
            let cluster = context.cluster().await?;
            let template = in_the_cluster(name, &args, &cluster).await?;
            (cluster, template)
        }
        // The public plugin's words, of both and of neither.
        _ => return Err(Error::new("one of --from or --from-file must be specified")),
    };
    let run = made(&args, template, given, &cluster.namespace)?;
    let created = cluster.create(ANALYSIS_RUNS, Some(&cluster.namespace), &run).await?;
    io.line(format!("{}/{} created", ANALYSIS_RUNS.singular(), created.name()))
}

fn given(arguments: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pairs = arguments.iter().map(|argument| {
        let pair = argument.split_once('=');
        pair.map(|(name, value)| (name.to_owned(), value.to_owned()))
    });
    pairs.collect::<Option<_>>().ok_or_else(|| Error::new("arguments must be in the form NAME=VALUE"))
}

async fn in_the_cluster(name: &str, args: &Args, cluster: &Cluster) -> Result<Json, Error> {
    if args.global {
        let path = format!("{}/{name}", CLUSTER_ANALYSIS_TEMPLATES.path(None));
        return cluster.send("GET", &path, None).await;
    }
    cluster.get(ANALYSIS_TEMPLATES, name).await
}

/// The template itself under another kind and name, with its arguments filled in.
fn made(
    args: &Args,
    mut template: Json,
    given: Vec<(String, String)>,
    namespace: &str,
) -> Result<Json, Error> {
    let (name, generate_name) = match (&args.name, &args.generate_name, template.name()) {
        (Some(name), _, _) => (name.clone(), String::new()),
        (None, Some(prefix), _) => (String::new(), prefix.clone()),
        (None, None, "") => return Err(Error::new("name is invalid")),
        (None, None, own) => (String::new(), format!("{own}-")),
    };
    let merged = merged(template.list("/spec/args"), given)?;
    if let Some(spec) = template.get_mut("spec").and_then(Json::as_object_mut)
        && !merged.is_empty()
    {
        spec.insert("args".to_owned(), Json::Array(merged));
    }
    let Some(object) = template.as_object_mut() else { return Err(Error::new("the template is no object")) };
    object.insert("kind".to_owned(), json!(ANALYSIS_RUNS.kind));
    let metadata = object.entry("metadata").or_insert_with(|| json!({}));
    if let Some(metadata) = metadata.as_object_mut() {
        metadata.remove("resourceVersion");
        metadata.insert("name".to_owned(), json!(name));
        metadata.insert("generateName".to_owned(), json!(generate_name));
        metadata.insert("namespace".to_owned(), json!(namespace));
        if let Some(instance) = &args.instance_id {
            metadata.insert("labels".to_owned(), json!({crd::names::INSTANCE_ID: instance}));
        }
    }
    Ok(template)
}

/// The template's arguments with what was given; without any of its own, what was given.
fn merged(own: &[Json], given: Vec<(String, String)>) -> Result<Vec<Json>, Error> {
    if own.is_empty() {
        return Ok(given.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect());
    }
    let filled = own.iter().map(|argument| {
        let mut argument = argument.clone();
        let name = argument.text("/name").to_owned();
        let value = given.iter().rev().find(|(key, _)| *key == name);
        if let Some(((_, value), members)) = value.zip(argument.as_object_mut()) {
            members.insert("value".to_owned(), json!(value));
        }
        if argument.has("/value") || argument.has("/valueFrom") {
            Ok(argument)
        } else {
            Err(Error::new(format!("args.{name} was not resolved")))
        }
    });
    filled.collect()
}
