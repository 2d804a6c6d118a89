//! `undo`: back to an earlier template (spec cli-commands 4).

use serde_json::{Value as Json, json};

use crate::cluster::Change;
use crate::json::Read as _;
use crate::resource::{DEPLOYMENTS, POD_TEMPLATES, REPLICA_SETS, ROLLOUTS, Resource};
use crate::{Cluster, Context, Error, Io};

/// Undo a rollout
///
/// Puts the pod template of an earlier revision into the specification.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Undo a rollout\n  %PROGRAM% undo guestbook\n\n  # Undo a rollout revision 3\n  %PROGRAM% undo guestbook --to-revision=3"
)]
pub(crate) struct Args {
    /// Name of the rollout
    #[arg(value_name = "ROLLOUT_NAME")]
    name: String,
    /// The revision to rollback to. Default to 0 (last revision)
    #[arg(long, default_value_t = 0, allow_negative_numbers = true, value_name = "REVISION")]
    to_revision: i64,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let cluster = context.cluster().await?;
    let rollout = cluster.get(ROLLOUTS, &args.name).await?;
    let sets = history(&cluster, &rollout, &args.name).await?;
    let chosen = choose(&sets, args.to_revision, &args.name)?;
    let template = restored(chosen);
    if same(&rollout, &template) {
        let revision = args.to_revision;
        return io.text(format!("skipped rollback (current template already matches revision {revision})"));
    }
    let failed = |cause| Error::new(format!("failed restoring revision {}: {cause}", args.to_revision));
    let (resource, name) = written(&rollout).map_err(failed)?;
    let body = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
    let patched = cluster.patch(resource, name, Change::Operations, &body).await;
    patched.map_err(|error| failed(error.to_string()))?;
    io.line(format!("rollout '{}' undo", rollout.name()))
}

/// The ReplicaSets that the Rollout controls.
async fn history(cluster: &Cluster, rollout: &Json, name: &str) -> Result<Vec<Json>, Error> {
    let listed = cluster.list_where(REPLICA_SETS, Some(&cluster.namespace), &selector(rollout)).await;
    let failed = |error| Error::new(format!("failed to retrieve replica sets from rollout {name}: {error}"));
    let mut sets = listed.map_err(failed)?;
    let uid = rollout.text("/metadata/uid");
    let controls = |owner: &Json| owner.flag("/controller") && owner.text("/uid") == uid;
    sets.retain(|set| set.list("/metadata/ownerReferences").iter().any(controls));
    Ok(sets)
}

/// The label selector of the Rollout as a query.
fn selector(rollout: &Json) -> String {
    let labels = rollout.pointer("/spec/selector/matchLabels").and_then(Json::as_object);
    let equal = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    let sets = rollout.list("/spec/selector/matchExpressions").iter().map(|rule| {
        let values: Vec<&str> = rule.list("/values").iter().filter_map(Json::as_str).collect();
        match rule.text("/operator") {
            "In" => format!("{} in ({})", rule.text("/key"), values.join(",")),
            "NotIn" => format!("{} notin ({})", rule.text("/key"), values.join(",")),
            "DoesNotExist" => format!("!{}", rule.text("/key")),
            _ => rule.text("/key").to_owned(),
        }
    });
    let all: Vec<String> = equal.chain(sets).collect();
    format!("labelSelector={}", escaped(&all.join(",")))
}

/// Percent-encoded for a query.
fn escaped(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// The second newest revision for 0, else the one with that number.
fn choose<'a>(sets: &'a [Json], revision: i64, name: &str) -> Result<&'a Json, Error> {
    let none = || Error::new(format!("no revision found for rollout {name:?}"));
    let numbered: Vec<(i64, &Json)> = sets.iter().filter_map(|set| Some((number(set)?, set))).collect();
    if revision > 0 {
        let found = numbered.iter().find(|(number, _)| *number == revision);
        let missing = || Error::new(format!("unable to find specified revision {revision} in history"));
        return found.map(|(_, set)| *set).ok_or_else(missing);
    }
    if revision < 0 {
        return Err(none());
    }
    let mut newest_first = numbered;
    // Stable: of equal revisions the first that was listed comes first.
    newest_first.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    newest_first.get(1).map(|(_, set)| *set).ok_or_else(none)
}

/// The revision: 0 without the annotation, none when it cannot be read.
fn number(set: &Json) -> Option<i64> {
    set.annotation(crd::names::REVISION).map_or(Some(0), |text| text.parse().ok())
}

/// The template of a ReplicaSet as a Rollout has it: without the hash, and with the field that typed clients always
/// write of a container.
fn restored(set: &Json) -> Json {
    let mut template = set.pointer("/spec/template").cloned().unwrap_or_default();
    without_hash(&mut template);
    for list in ["/spec/containers", "/spec/initContainers"] {
        let containers = template.pointer_mut(list).and_then(Json::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Json::as_object_mut) {
            container.entry("resources").or_insert_with(|| json!({}));
        }
    }
    template
}

fn without_hash(template: &mut Json) {
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Json::as_object_mut) {
        labels.remove(crd::names::POD_TEMPLATE_HASH);
    }
}

/// Whether everything that the Rollout's template says is so in the other; what only the other says (the server's
/// defaults) does not count.
fn same(rollout: &Json, other: &Json) -> bool {
    let Some(template) = rollout.pointer("/spec/template") else { return false };
    let mut template = template.clone();
    without_hash(&mut template);
    derives(&template, other)
}

fn derives(own: &Json, other: &Json) -> bool {
    match (own, other) {
        (Json::Null, _) => true,
        (Json::Object(own), Json::Object(other)) => {
            own.iter().all(|(key, value)| derives(value, other.get(key).unwrap_or(&Json::Null)))
        }
        (Json::Object(own), Json::Null) => own.is_empty(),
        (Json::Array(own), Json::Array(other)) => {
            own.is_empty()
                || (own.len() == other.len() && own.iter().zip(other).all(|(own, other)| derives(own, other)))
        }
        (Json::Array(own), Json::Null) => own.is_empty(),
        _ => own == other,
    }
}

/// The object that holds the template.
fn written(rollout: &Json) -> Result<(Resource, &str), String> {
    if !rollout.has("/spec/workloadRef") {
        return Ok((ROLLOUTS, rollout.name()));
    }
    let name = rollout.text("/spec/workloadRef/name");
    match rollout.text("/spec/workloadRef/kind") {
        "Deployment" => Ok((DEPLOYMENTS, name)),
        "ReplicaSet" => Ok((REPLICA_SETS, name)),
        "PodTemplate" => Ok((POD_TEMPLATES, name)),
        other => Err(format!("workload of type {other} is not supported")),
    }
}
