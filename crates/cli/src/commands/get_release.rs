//! `get release`: one release in all its regions, side by side.

use std::time::Duration;

use clap::ValueEnum;
use crd::{Beacon, BeaconPhase};
use futures::future::join_all;
use serde_json::{Value as Json, json};

use super::get::CLEAR;
use crate::connect::client_of;
use crate::render::{duration, table};
use crate::resource::CONFIG_MAPS;
use crate::{Cluster, Context, Error, Io, stop};

/// Get a release group: the same release in all regions, side by side
///
/// Reads what each region's controller says of the group (its beacon). The region of the kubeconfig comes first; the
/// others are named by --peer.
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Both regions\n  %PROGRAM% get release rating-api -n openclaw --peer eu-west-1=eu.kubeconfig\n\n  # Until it is over\n  %PROGRAM% get release rating-api -n openclaw --peer eu-west-1=eu.kubeconfig --watch\n\n  # For machines\n  %PROGRAM% get release rating-api -n openclaw -o json"
)]
pub(crate) struct Args {
    /// Name of the release group, as the gates have it
    #[arg(value_name = "GROUP")]
    group: String,
    /// Another region and the kubeconfig of its cluster; may be repeated
    #[arg(long, value_name = "REGION=KUBECONFIG")]
    peer: Vec<String>,
    /// Watch until the release has ended in every region
    #[arg(short, long)]
    watch: bool,
    /// How to write it
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Table,
    Json,
}

/// A region: its name, if it is known before it speaks, and how to reach it.
struct Place {
    name: Option<String>,
    cluster: Cluster,
}

/// What was heard of a region: its beacon, nothing, or why it could not be read.
struct Heard {
    name: String,
    said: Result<Option<Beacon>, Error>,
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let own = context.cluster().await?;
    let mut places = vec![Place { name: None, cluster: own.clone() }];
    for peer in &args.peer {
        let (name, file) = peer
            .split_once('=')
            .ok_or_else(|| Error::new(format!("--peer {peer:?} is not of the form REGION=KUBECONFIG")))?;
        let client = client_of(&context.env.directory.join(file)).await?;
        let cluster = Cluster { client, namespace: own.namespace.clone() };
        places.push(Place { name: Some(name.to_owned()), cluster });
    }
    loop {
        let heard = join_all(places.iter().map(|place| hear(place, &args.group))).await;
        let text = match args.output {
            Output::Table => for_people(&args.group, &heard, context.env.now()),
            Output::Json => for_machines(&args.group, &heard)?,
        };
        if !args.watch {
            io.text(text)?;
            return known(&args.group, &heard);
        }
        io.text(if args.output == Output::Table { format!("{CLEAR}{text}") } else { text })?;
        if over(&heard) {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(1)) => {}
            () = stop::asked() => return Ok(()),
        }
    }
}

async fn hear(place: &Place, group: &str) -> Heard {
    let said = read(&place.cluster, group).await;
    let speaker = said.as_ref().ok().and_then(|beacon| Some(beacon.as_ref()?.region.clone()));
    let speaker = speaker.filter(|name| !name.is_empty());
    let name = place.name.clone().or(speaker).unwrap_or_else(|| "(this one)".to_owned());
    Heard { name, said }
}

async fn read(cluster: &Cluster, group: &str) -> Result<Option<Beacon>, Error> {
    let name = Beacon::config_map(group);
    let object = match cluster.get(CONFIG_MAPS, &name).await {
        Ok(object) => object,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(text) = object.get("data").and_then(|data| data.get(Beacon::KEY)?.as_str()) else {
        return Ok(None);
    };
    let parsed = serde_json::from_str(text);
    parsed
        .map(Some)
        .map_err(|error| Error::new(format!("the beacon in ConfigMap {name} is malformed: {error}")))
}

/// Whether anybody knows of the group.
fn known(group: &str, heard: &[Heard]) -> Result<(), Error> {
    if heard.iter().all(|region| matches!(region.said, Ok(None))) {
        return Err(Error::new(format!(
            "no region knows of a release group {group:?} in this namespace; it appears with the first update of a \
             Rollout whose gate names it"
        )));
    }
    Ok(())
}

fn over(heard: &[Heard]) -> bool {
    heard.iter().all(|region| {
        let beacon = region.said.as_ref().ok().and_then(Option::as_ref);
        beacon.is_some_and(|beacon| beacon.phase != BeaconPhase::Progressing)
    })
}

fn for_people(group: &str, heard: &[Heard], now: jiff::Timestamp) -> String {
    let header = ["REGION", "PHASE", "STEP", "WEIGHT", "VERIFIED", "SAID", "RELEASE", "WHY"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(heard.iter().map(|region| row(region, now)));
    format!("Release group {group}\n\n{}", table::aligned(&rows))
}

fn row(region: &Heard, now: jiff::Timestamp) -> Vec<String> {
    let dashes = |phase: &str, why: String| {
        let dash = || "-".to_owned();
        vec![region.name.clone(), phase.to_owned(), dash(), dash(), dash(), dash(), dash(), why]
    };
    let beacon = match &region.said {
        Ok(Some(beacon)) => beacon,
        Ok(None) => return dashes("-", "has not begun a release of this group".to_owned()),
        Err(error) => return dashes("Unknown", error.to_string()),
    };
    let silent = beacon.phase == BeaconPhase::Progressing && beacon.expires.timestamp() < now;
    let phase = if silent { "Silent".to_owned() } else { format!("{:?}", beacon.phase) };
    vec![
        region.name.clone(),
        phase,
        (beacon.step + 1).to_string(),
        format!("{} %", beacon.weight),
        if beacon.verified { "yes" } else { "no" }.to_owned(),
        format!("{} ago", duration::between(beacon.time.timestamp(), now)),
        beacon.release.clone(),
        beacon.message.clone(),
    ]
}

fn for_machines(group: &str, heard: &[Heard]) -> Result<String, Error> {
    let regions: Vec<Json> = heard
        .iter()
        .map(|region| match &region.said {
            Ok(beacon) => json!({"region": region.name, "beacon": beacon}),
            Err(error) => json!({"region": region.name, "error": error.to_string()}),
        })
        .collect();
    let text = serde_json::to_string_pretty(&json!({"group": group, "regions": regions}));
    text.map(|text| text + "\n").map_err(|error| Error::new(format!("cannot write the release: {error}")))
}
