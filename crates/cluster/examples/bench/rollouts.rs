//! Many Rollouts on the real control plane, made and updated all at once.
//!
//! Each Rollout is a basic canary of one pod with the default surge and the steps `setWeight` 20, 40, 60 and 80, without
//! pauses; all are in one namespace and carry what `kubectl apply` leaves.
//!
//! The floor is what the same machine does with as many Deployments of the same pods, in a control plane of its own.
//! kube-controller-manager and kube-scheduler allow themselves `--pace` requests a second instead of their default of
//! 20: with it everybody would wait for them, and nothing could be told about the controller.
//!
//! # How requests are counted
//!
//! By the API server: its audit policy writes a line for each request of the user `controller`, whose certificate only
//! the controller has. Events and the lease are counted apart.
//!
//! # The least that an update of such a Rollout takes
//!
//! | | request | why it cannot be saved |
//! |---|---|---|
//! | 1 | create the ReplicaSet | it is made without pods (spec rollout-reconcile 3.4), so its size is a request of its own |
//! | 2 | patch the Rollout | `rollout.argoproj.io/revision` is metadata; a status is written to another resource |
//! | 3 | scale the new ReplicaSet to 1 | at 20 % of one pod one surges |
//! | 4 | status | the update has begun: generation, hash and step are seen while its pod starts |
//! | 5 | scale the old ReplicaSet to 0 | all steps are done: from 20 % to 80 % of one pod no size changes |
//! | 6 | status | all steps are done, and the new version is the stable one, while the old pod ends |
//! | 7 | status | Healthy: the old pod is gone |
//!
//! Statuses are needed where somebody else has to do something first, and at the end; each is written after the request
//! that it tells of. What lies above the least are counts of pods, told between 4 and 6, and conflicts.
//!
//! # Where the time goes
//!
//! Two cores are busy throughout, 70 % of it in kube-apiserver, 9 % in etcd, 8 % in kube-controller-manager, 4 % in the
//! controller. A patch of a Rollout costs kube-apiserver 3 to 6 ms, wherever one looks (it decodes, converts, prunes,
//! validates and tracks the fields of the whole object, several times over), a new event 0.9 ms. So the four patches and
//! ten events of an update are 20 to 30 ms of it for each Rollout, of 55 ms in all: a controller that took no time at all
//! would hardly be nearer to the floor.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kube::Client;
use serde_json::{Value, json};
use xtask::control_plane::{ControlPlane, Extras, Level};

use crate::audit::{Log, Requests};
use crate::figures::{load, merge, percentiles, round};
use crate::fleet::{Change, Fleet, Workload};
use crate::plane;
use crate::process::Controller;

/// How long the controller is watched doing nothing.
const IDLE: Duration = Duration::from_secs(60);
/// How many events that change nothing are sent at least.
const UNCHANGED: usize = 5_000;
/// Requests of an update that cannot be saved.
const LEAST: f64 = 7.0;

#[derive(Debug, Args)]
pub(crate) struct Flags {
    /// How many Rollouts.
    #[arg(long, default_value_t = 100)]
    rollouts: usize,
    /// The controller's binary.
    #[arg(long)]
    controller: PathBuf,
    /// Requests a second that kube-controller-manager and kube-scheduler allow themselves; 0 leaves their defaults.
    #[arg(long, default_value_t = 1000)]
    pace: u32,
    /// Leaves the Deployments out.
    #[arg(long)]
    without_deployments: bool,
}

const ROLLOUTS: Workload = Workload {
    group: "argoproj.io",
    version: "v1alpha1",
    kind: "Rollout",
    strategy: || json!({"canary": {"steps": [{"setWeight": 20}, {"setWeight": 40}, {"setWeight": 60}, {"setWeight": 80}]}}),
    observed: |rollout| text(rollout, "/status/observedGeneration")?.parse().ok(),
    done: |rollout| {
        let (stable, current) =
            (text(rollout, "/status/stableRS")?, text(rollout, "/status/currentPodHash")?);
        let healthy = text(rollout, "/status/phase")? == "Healthy" && stable == current;
        healthy.then(|| stable.to_owned())
    },
};

const DEPLOYMENTS: Workload = Workload {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    strategy: || json!({"type": "RollingUpdate"}),
    observed: |deployment| deployment.pointer("/status/observedGeneration")?.as_i64(),
    done: |deployment| {
        let count = |field: &str| deployment.pointer(&format!("/status/{field}")).and_then(Value::as_i64);
        let wanted = deployment.pointer("/spec/replicas").and_then(Value::as_i64);
        let all = ["replicas", "updatedReplicas", "availableReplicas"];
        all.iter().all(|field| count(field) == wanted).then(String::new)
    },
};

fn text<'a>(object: &'a Value, pointer: &str) -> Option<&'a str> {
    object.pointer(pointer)?.as_str()
}

/// Measures, and gives the report.
pub(crate) async fn measure(flags: &Flags) -> Result<Value, Box<dyn Error>> {
    let mut report = json!({
        "rollouts": flags.rollouts,
        "pods_each": 1,
        "pace": flags.pace,
        "least_requests_each": LEAST,
        "load_before": load(),
    });
    let measured = rollouts(flags).await?;
    merge(&mut report, measured);
    if !flags.without_deployments {
        let measured = deployments(flags).await?;
        merge(&mut report, json!({"deployments": measured}));
        let seconds = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64);
        let beside = seconds("/update/seconds").zip(seconds("/deployments/update_seconds"));
        let times_the_floor = beside.map(|(ours, floor)| round(ours / floor));
        merge(&mut report, json!({"update": {"times_the_floor": times_the_floor}}));
    }
    Ok(report)
}

/// A control plane at the pace that is wanted.
async fn paced(flags: &Flags) -> Result<(ControlPlane, Client), Box<dyn Error>> {
    // What a build has written would else be written out meanwhile, and etcd waits for the disk with each change.
    std::process::Command::new("sync").status()?;
    plane(Level::Pods, Extras { audit: true, pace: (flags.pace != 0).then_some(flags.pace) }).await
}

async fn rollouts(flags: &Flags) -> Result<Value, Box<dyn Error>> {
    let (plane, client) = paced(flags).await?;
    let directory = tempfile::tempdir()?;
    let log = directory.path().join("controller.log");
    let start = || Controller::start(&flags.controller, &plane.kubeconfig(), &log, &[]);
    let mut controller = start()?;
    let mut requests = Log::new(plane.audit_log());
    let mut fleet = Fleet::new(&client, &ROLLOUTS, flags.rollouts);
    requests.take_until_quiet().await?;
    let mut report = json!({});
    for (phase, image) in [("create", None), ("update", Some("shop:2"))] {
        eprintln!("{phase} ...");
        let before = controller.cpu()?;
        let change = match image {
            None => fleet.create().await?,
            Some(image) => fleet.update(image).await?,
        };
        let asked = requests.take_until_quiet().await?;
        let cpu = round(controller.cpu()? - before);
        merge(&mut report, json!({phase: row(flags.rollouts, &change, &asked, cpu)}));
        if image.is_some() {
            let each = asked.work() as f64 / flags.rollouts as f64;
            merge(&mut report, json!({phase: {"times_the_least": round(each / LEAST)}}));
        }
    }
    merge(&mut report, json!({"load_after": load(), "memory": {"after_update": controller.memory()?}}));
    eprintln!("unchanged ...");
    merge(&mut report, json!({"unchanged": unchanged(flags, &fleet, &controller, &mut requests).await?}));
    eprintln!("idle ...");
    merge(&mut report, json!({"idle": idle(&controller, &mut requests).await?}));
    merge(&mut report, json!({"memory": {"idle": controller.memory()?}}));
    controller.stop()?;
    requests.take()?;
    eprintln!("restart ...");
    controller = start()?;
    let asked = requests.take_until_quiet().await?;
    let restarted = json!({"memory": controller.memory()?, "cpu_seconds": round(controller.cpu()?), "requests": asked.table()});
    merge(&mut report, json!({"restart": restarted}));
    controller.stop()?;
    Ok(report)
}

/// Events that change nothing for anybody.
async fn unchanged(
    flags: &Flags,
    fleet: &Fleet,
    controller: &Controller,
    requests: &mut Log,
) -> Result<Value, Box<dyn Error>> {
    let before = controller.cpu()?;
    let rounds = UNCHANGED.div_ceil(flags.rollouts);
    for round in 0..rounds {
        fleet.touch(round).await?;
    }
    let asked = requests.take_until_quiet().await?;
    let events = rounds * flags.rollouts;
    let micros = (controller.cpu()? - before) / events as f64 * 1e6;
    let work = asked.work() + asked.events() - asked.watches();
    Ok(json!({
        "events": events,
        "cpu_microseconds_each": round(micros),
        "requests": work,
        // What they were, should there be any.
        "asked": if work == 0 { json!({}) } else { asked.table() },
    }))
}

async fn idle(controller: &Controller, requests: &mut Log) -> Result<Value, Box<dyn Error>> {
    requests.take()?;
    let before = controller.cpu()?;
    tokio::time::sleep(IDLE).await;
    let asked = requests.take()?;
    Ok(json!({
        "seconds": IDLE.as_secs(),
        "cpu_seconds": round(controller.cpu()? - before),
        "requests": asked.work() + asked.events() - asked.watches(),
        "of_the_lease": asked.lease(),
        // The API server ends every watch after some minutes.
        "watches_begun_again": asked.watches(),
    }))
}

async fn deployments(flags: &Flags) -> Result<Value, Box<dyn Error>> {
    let (_plane, client) = paced(flags).await?;
    let mut fleet = Fleet::new(&client, &DEPLOYMENTS, flags.rollouts);
    eprintln!("deployments ...");
    let created = fleet.create().await?;
    // What kube-controller-manager still has to do would slow the update down.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let updated = fleet.update("shop:2").await?;
    Ok(json!({
        "create_seconds": round(created.seconds),
        "update_seconds": round(updated.seconds),
        "to_done_ms": percentiles(&updated.to_done),
        "load_after": load(),
    }))
}

fn row(rollouts: usize, change: &Change, asked: &Requests, cpu: f64) -> Value {
    let each = |count: u64| round(count as f64 / rollouts as f64);
    json!({
        "seconds": round(change.seconds),
        "to_observed_ms": percentiles(&change.to_observed),
        "to_healthy_ms": percentiles(&change.to_done),
        "cpu_seconds": cpu,
        "requests_each": each(asked.work()),
        "events_each": each(asked.events()),
        "requests": asked.table(),
    })
}
