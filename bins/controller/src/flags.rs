//! The flags of the controller: the peer's names, aliases and defaults (spec controller-binary 1), and the regions,
//! which are ours.

mod connection;
mod election;
mod go;
mod later;
mod log;
mod measuring;
mod region;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::{ArgAction, ArgMatches, CommandFactory as _, FromArgMatches as _, Parser};
use cluster::{Connected, Connection, Controllers, Error, NoRule, RequestRate, Settings};

use connection::ConnectionFlags;
use election::ElectionFlags;
use log::LogFlags;
use measuring::MeasuringFlags;
use region::RegionFlags;

/// Runs Rollouts and AnalysisRuns in a cluster.
#[derive(Debug, Parser)]
#[command(
    name = "aviary-controller",
    args_override_self = true,
    disable_version_flag = true,
    after_help = "Examples:\n  \
        aviary-controller                                  in a pod, for all namespaces\n  \
        aviary-controller --kubeconfig dev.yaml --namespaced --namespace shop --leader-elect=false\n  \
        aviary-controller --region us-east-1 --peer eu-west-1=/etc/peers/eu-west-1.yaml"
)]
pub(crate) struct Flags {
    /// Looks after a single namespace; needs only a Role.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", action = ArgAction::Set, value_parser = go::boolean, value_name = "BOOL")]
    namespaced: bool,
    /// Looks only after objects that carry this instance id; without one, only after those that carry none.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "ID")]
    instance_id: String,
    /// Runs only these controllers; `analysis` is the only choice, none means all.
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    controllers: Vec<String>,
    /// Seconds between two looks at everything although nothing was seen to change; 0 turns them off.
    #[arg(long, default_value_t = 900, value_name = "SECONDS")]
    rollout_resync: u64,
    /// Rollouts that are worked on at the same time.
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    rollout_threads: usize,
    /// Experiments that are worked on at the same time.
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    experiment_threads: usize,
    /// AnalysisRuns that are worked on at the same time.
    #[arg(long, default_value_t = 30, value_name = "NUMBER")]
    analysis_threads: usize,
    /// Services that are worked on at the same time.
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    service_threads: usize,
    /// Requests a second to the API server in the long run; 0 sets no bound.
    #[arg(long, default_value_t = 40.0, value_name = "NUMBER")]
    qps: f64,
    /// Requests to the API server at once, above --qps.
    #[arg(long, default_value_t = 80, value_name = "NUMBER")]
    burst: u32,
    /// Port of /metrics on all addresses; 0 turns it off.
    #[arg(long = "metricsPort", default_value_t = 8090, value_name = "PORT")]
    metrics_port: u16,
    #[arg(long = "metricsport", hide = true, value_name = "PORT")]
    old_metrics_port: Option<u16>,
    /// Port of /healthz on all addresses; 0 turns it off.
    #[arg(long = "healthzPort", default_value_t = 8080, value_name = "PORT")]
    healthz_port: u16,
    /// Decisions that each Rollout's journal keeps, for `aviary history` and `aviary replay`; 0 turns it off.
    ///
    /// A journal is the ConfigMap `<rollout>-decisions` beside its Rollout.
    #[arg(long = "decisionJournal", value_name = "ENTRIES", default_value_t = 0)]
    decision_journal: usize,
    /// Prints the version and ends.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "false", hide_default_value = true, action = ArgAction::Set, value_parser = go::boolean, value_name = "BOOL")]
    pub(crate) version: bool,
    #[command(flatten)]
    connection: ConnectionFlags,
    #[command(flatten)]
    election: ElectionFlags,
    #[command(flatten)]
    log: LogFlags,
    #[command(flatten)]
    region: RegionFlags,
    #[command(flatten)]
    measuring: MeasuringFlags,
    /// Flags that were given and change nothing, or that have another name by now: said once the log is open.
    #[arg(skip)]
    notices: Vec<String>,
}

impl Flags {
    /// Reads the words of the command line.
    pub(crate) fn read(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        let matches = Self::whole_command().try_get_matches_from(words)?;
        let mut flags = Self::from_arg_matches(&matches)?;
        flags.notices = notices(&matches);
        Ok(flags)
    }

    /// Every flag, those without effect last.
    fn whole_command() -> clap::Command {
        Self::command().args(later::flags())
    }

    /// Opens the log, and says which flags change nothing.
    pub(crate) fn start_log(&self) {
        self.log.start();
        for notice in self.notices.iter().chain(&self.log.notice()) {
            tracing::warn!("{notice}");
        }
    }

    /// How to find the cluster.
    pub(crate) fn connection(&self) -> Connection {
        self.connection.connection()
    }

    /// The settings that the flags give.
    pub(crate) async fn settings(&self, cluster: &Connected) -> Result<Settings, Failure> {
        let controllers = self.controllers()?;
        let home = election::own_namespace();
        let mut settings = Settings {
            server: Some(cluster.server.clone()),
            namespace: self.namespaced.then(|| cluster.client.default_namespace().to_owned()),
            instance_id: self.instance_id.clone(),
            region: self.region.name(),
            controllers,
            resync: Some(Duration::from_secs(self.rollout_resync)).filter(|period| !period.is_zero()),
            rollout_workers: self.rollout_threads,
            analysis_workers: self.analysis_threads,
            experiment_workers: self.experiment_threads,
            service_workers: self.service_threads,
            rate: (self.qps > 0.0).then_some(RequestRate { per_second: self.qps, burst: self.burst }),
            lease: self.election.lease(&home, &self.instance_id, controllers)?,
            home,
            metrics_address: address(self.old_metrics_port.unwrap_or(self.metrics_port)),
            health_address: address(self.healthz_port),
            decision_journal: NonZeroUsize::new(self.decision_journal),
            beacons: self.region.beacons(),
            prometheus_address: std::env::var("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS").ok(),
            jobs: measuring::jobs().await?.map(|connected| connected.client),
            egress: self.measuring.egress()?,
            accept_no_success: self.measuring.accept_no_success,
            ..Settings::default()
        };
        self.region.add_peers(&mut settings).await?;
        Ok(settings)
    }

    /// Which controllers run.
    pub(crate) fn controllers(&self) -> Result<Controllers, Failure> {
        let mut named = self.controllers.iter().filter(|name| !name.is_empty());
        match named.clone().find(|name| *name != "analysis") {
            Some(other) => Err(Failure::UnsupportedController(other.clone())),
            None if named.next().is_none() => Ok(Controllers::All),
            None => Ok(Controllers::Analysis),
        }
    }
}

/// Why the flags cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Another controller than the one that can run by itself.
    #[error("unsupported controller: {0}; --controllers takes analysis, or nothing for all of them")]
    UnsupportedController(String),
    /// `$POD_NAMESPACE` is set to nothing.
    #[error("LeaderElectionNamespace is empty; give $POD_NAMESPACE a value, or unset it")]
    NoNamespace,
    /// A rule of the egress guard that is none.
    #[error("{flag}: {error}")]
    Egress {
        /// The flag.
        flag: &'static str,
        /// What is wrong.
        error: NoRule,
    },
    /// The cluster in which Jobs run.
    #[error("ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG: {0}")]
    Jobs(#[from] cluster::ConnectError),
    /// The cluster, or a port.
    #[error("{0}")]
    Cluster(#[from] Error),
}

/// What the user should know about the flags that were given.
fn notices(matches: &ArgMatches) -> Vec<String> {
    let given = |id: &str| matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    let mut notices = Vec::new();
    if given("old_metrics_port") {
        notices.push("Flag --metricsport has been deprecated, use --metricsPort".to_owned());
    }
    let later = later::LATER.iter().filter(|flag| given(flag.name));
    notices.extend(
        later.map(|flag| format!("--{} has no effect: what it sets is not part of this version", flag.name)),
    );
    notices
}

fn address(port: u16) -> Option<SocketAddr> {
    (port != 0).then(|| (Ipv4Addr::UNSPECIFIED, port).into())
}

#[cfg(test)]
mod tests;
