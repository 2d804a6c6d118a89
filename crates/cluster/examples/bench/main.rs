//! What the controller costs, on the real control plane: `bench rollouts` makes and updates many Rollouts, `bench analyses`
//! lets many AnalysisRuns measure.
//!
//! `cargo xtask bench controller` and `cargo xtask bench analyses` build what is measured, run this, and print JSON. etcd
//! and kube-apiserver (and kube-controller-manager, kube-scheduler and kwok, where pods are needed) run beside the
//! controller's binary, which is a process of its own with its default flags, but for `--qps 0`: it asks the API server as
//! often as it likes.

mod analyses;
mod asked;
mod audit;
mod figures;
mod fleet;
mod metric_system;
mod process;
mod rollouts;

use std::error::Error;
use std::path::PathBuf;

use clap::Parser;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use xtask::control_plane::{ControlPlane, Extras, Level, Programs};

#[derive(Debug, Parser)]
enum Wanted {
    /// Many Rollouts, made and updated all at once.
    Rollouts(rollouts::Flags),
    /// Many AnalysisRuns that measure.
    Analyses(analyses::Flags),
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let wanted = Wanted::parse();
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let report = match &wanted {
        Wanted::Rollouts(flags) => rollouts::measure(flags).await?,
        Wanted::Analyses(flags) => analyses::measure(flags).await?,
    };
    println!("{report:#}");
    match report.pointer("/aims/met") {
        Some(serde_json::Value::Bool(false)) => Err("an aim is missed: see `aims`".into()),
        _ => Ok(()),
    }
}

/// A control plane with the namespace, and a client of it.
async fn plane(level: Level, extras: Extras) -> Result<(ControlPlane, Client), Box<dyn Error>> {
    let programs =
        Programs::find().ok_or("the control plane is not there: run `cargo xtask control-plane`")?;
    let definitions = [PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/crds")];
    let plane = ControlPlane::start_with(&programs, level, &definitions, &extras)?;
    plane.kubectl(&["create", "namespace", fleet::NAMESPACE])?;
    let kubeconfig = Kubeconfig::read_from(plane.kubeconfig())?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok((plane, Client::try_from(config)?))
}
