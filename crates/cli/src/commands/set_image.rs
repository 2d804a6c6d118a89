//! `set image`: a new image for a container (spec cli-commands 5).

use serde_json::Value as Json;

use crate::json::Read as _;
use crate::resource::{DEPLOYMENTS, ROLLOUTS, Resource};
use crate::{Cluster, Context, Error, Io};

/// How often a write is tried when others write as well.
const ATTEMPTS: usize = 5;

/// Update various values on resources
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Set rollout image\n  %PROGRAM% set image my-rollout demo=argoproj/rollouts-demo:yellow"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Update the image of a rollout
    #[command(
        after_help = "Examples:\n  # Set rollout image (containers)\n  %PROGRAM% set image my-rollout www=image:v2\n\n  # Set the image of all containers\n  %PROGRAM% set image my-rollout '*=image:v2'"
    )]
    Image {
        /// Name of the rollout
        #[arg(value_name = "ROLLOUT_NAME")]
        name: String,
        /// Name of the container, or * for all, and the image
        #[arg(value_name = "CONTAINER=IMAGE")]
        image: String,
    },
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let What::Image { name, image } = args.what;
    let wrong = || Error::Usage(format!("{image:?} is not of the form CONTAINER=IMAGE"));
    let (container, new) = image.split_once('=').ok_or_else(wrong)?;
    if new.contains('=') {
        return Err(wrong());
    }
    let written = write(&context.cluster().await?, &name, container, new).await?;
    io.line(format!("{} \"{}\" image updated", written.text("/kind").to_lowercase(), written.name()))
}

/// Writes a new image; tries again when the object changed in between.
pub(crate) async fn write(
    cluster: &Cluster,
    name: &str,
    container: &str,
    image: &str,
) -> Result<Json, Error> {
    let mut attempt = 1;
    loop {
        match try_write(cluster, name, container, image).await {
            Err(error) if error.is_conflict() && attempt < ATTEMPTS => attempt += 1,
            other => return other,
        }
    }
}

/// Reads, changes and writes the whole object, so that a change in between is noticed.
async fn try_write(cluster: &Cluster, name: &str, container: &str, image: &str) -> Result<Json, Error> {
    let rollout = cluster.get(ROLLOUTS, name).await?;
    let (resource, mut object) = match rollout.pointer("/spec/workloadRef").filter(|it| !it.is_null()) {
        None => (ROLLOUTS, rollout),
        Some(workload) => referenced(cluster, workload).await?,
    };
    if !set(&mut object, container, image) {
        return Err(Error::new(format!("unable to find container named {container:?}")));
    }
    cluster.replace(resource, &object).await
}

/// The Deployment that holds the template; whatever kind is written, only a Deployment is edited.
async fn referenced(cluster: &Cluster, workload: &Json) -> Result<(Resource, Json), Error> {
    let name = workload.get("name").cloned().unwrap_or_default();
    let Some(name) = name.as_str() else {
        return Err(Error::new(format!("spec.workloadRef.name is not a string: {name}")));
    };
    Ok((DEPLOYMENTS, cluster.get(DEPLOYMENTS, name).await?))
}

/// Whether any container had that name.
fn set(object: &mut Json, container: &str, image: &str) -> bool {
    let mut found = false;
    for list in ["initContainers", "containers", "ephemeralContainers"] {
        let entries = object.pointer_mut(&format!("/spec/template/spec/{list}")).and_then(Json::as_array_mut);
        for entry in entries.into_iter().flatten().filter_map(Json::as_object_mut) {
            let named = entry.get("name").and_then(Json::as_str) == Some(container);
            if named || container == "*" {
                entry.insert("image".to_owned(), Json::from(image));
                found = true;
            }
        }
    }
    found
}
