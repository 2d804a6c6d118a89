//! The flags of the controller: the peer's names and defaults (spec controller-binary 1), and the regions, which are ours.

use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use cluster::{BeaconSettings, Connected, Connection, Error, LeaseSettings, Settings, connect};

/// Runs Rollouts and AnalysisRuns in a cluster.
#[derive(Debug, Parser)]
#[command(
    name = "aviary-controller",
    version,
    after_help = "Examples:\n  \
        aviary-controller                                  in a pod, for all namespaces\n  \
        aviary-controller --kubeconfig dev.yaml --namespaced --namespace shop --leader-elect=false\n  \
        aviary-controller --region us-east-1 --peer eu-west-1=/etc/peers/eu-west-1.yaml"
)]
pub(crate) struct Flags {
    /// Kubeconfig; else $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// Context in the kubeconfig.
    #[arg(long)]
    context: Option<String>,
    /// The namespace to look after with --namespaced.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Looks after a single namespace; needs only a Role.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", default_value = "false", action = clap::ArgAction::Set)]
    namespaced: bool,
    /// Looks only after objects with this instance id.
    #[arg(long, default_value = "")]
    instance_id: String,
    /// Rollouts that are worked on at the same time.
    #[arg(long, default_value_t = 10)]
    rollout_threads: usize,
    /// AnalysisRuns that are worked on at the same time.
    #[arg(long, default_value_t = 30)]
    analysis_threads: usize,
    /// Port of /metrics on all addresses; 0 turns it off.
    #[arg(long = "metricsPort", alias = "metricsport", default_value_t = 8090)]
    metrics_port: u16,
    /// Port of /healthz on all addresses; 0 turns it off.
    #[arg(long = "healthzPort", default_value_t = 8080)]
    healthz_port: u16,
    /// Only the controller that holds the lease writes.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", default_value = "true", action = clap::ArgAction::Set)]
    leader_elect: bool,
    /// How long a lease that is not renewed stays valid for others.
    #[arg(long, default_value = "15s", value_parser = duration)]
    leader_election_lease_duration: Duration,
    /// How long this controller goes on without having renewed.
    #[arg(long, default_value = "10s", value_parser = duration)]
    leader_election_renew_deadline: Duration,
    /// How often the lease is tried for.
    #[arg(long, default_value = "2s", value_parser = duration)]
    leader_election_retry_period: Duration,
    /// Which region this cluster is, as region gates name it.
    #[arg(long, default_value = "")]
    region: String,
    /// Cluster of another region, as REGION=KUBECONFIG; may be given several times.
    #[arg(long, value_parser = peer)]
    peer: Vec<(String, PathBuf)>,
    /// Port on which the other regions' controllers hear of this region's releases, over HTTPS; 0 turns it off.
    #[arg(long = "beaconPort", default_value_t = 0, requires = "beacon_tls")]
    beacon_port: u16,
    /// Directory with tls.crt, tls.key, and ca.crt (the authorities whose clients are believed) for --beaconPort.
    #[arg(long = "beaconTLS", value_name = "DIRECTORY")]
    beacon_tls: Option<PathBuf>,
    /// Writes what is decided for each Rollout, and on what, into a ConfigMap `<rollout>-decisions` beside it, the last
    /// so many decisions; `aviary history` and `aviary replay` read it. 0 turns it off.
    #[arg(long = "decisionJournal", value_name = "ENTRIES", default_value_t = 0)]
    decision_journal: usize,
    /// `debug`, `info`, `warn` or `error`.
    #[arg(long, default_value = "info")]
    loglevel: tracing::Level,
    /// `text` or `json`.
    #[arg(long, default_value = "text")]
    logformat: String,
}

impl Flags {
    /// Sends the log to standard error.
    pub(crate) fn start_log(&self) {
        // What kube's client has to say stands in our own messages, with the object that it is about.
        let filter = format!("{},kube_client=off", self.loglevel);
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        let log = log.with_ansi(std::io::stderr().is_terminal());
        if self.logformat.eq_ignore_ascii_case("json") { log.json().init() } else { log.init() }
    }

    /// How to find the cluster.
    pub(crate) fn connection(&self) -> Connection {
        Connection {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
        }
    }

    /// The settings that the flags give.
    pub(crate) async fn settings(&self, cluster: &Connected) -> Result<Settings, Error> {
        let mut peers = BTreeMap::new();
        for (region, path) in &self.peer {
            let connection = Connection { kubeconfig: Some(path.clone()), ..Connection::default() };
            peers.insert(region.clone(), connect(&connection).await?.client);
        }
        Ok(Settings {
            server: Some(cluster.server.clone()),
            namespace: self.namespaced.then(|| cluster.client.default_namespace().to_owned()),
            instance_id: self.instance_id.clone(),
            region: self.region.clone(),
            peers,
            rollout_workers: self.rollout_threads,
            analysis_workers: self.analysis_threads,
            lease: self.leader_elect.then(|| self.lease()),
            metrics_address: address(self.metrics_port),
            health_address: address(self.healthz_port),
            decision_journal: NonZeroUsize::new(self.decision_journal),
            beacons: self.beacons(),
            ..Settings::default()
        })
    }

    fn beacons(&self) -> Option<BeaconSettings> {
        let (address, tls) = (address(self.beacon_port)?, self.beacon_tls.clone()?);
        Some(BeaconSettings { address, tls })
    }

    fn lease(&self) -> LeaseSettings {
        let account = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
        let namespace = std::env::var("POD_NAMESPACE").or_else(|_| std::fs::read_to_string(account));
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_else(|_| "aviary".to_owned());
        let identity = format!("{}_{}", host.trim(), std::process::id());
        let mut lease =
            LeaseSettings::new(namespace.unwrap_or_else(|_| "argo-rollouts".to_owned()), identity);
        if !self.instance_id.is_empty() {
            lease.name = format!("{}-{}", LeaseSettings::NAME, self.instance_id);
        }
        lease.duration = self.leader_election_lease_duration;
        lease.renew_deadline = self.leader_election_renew_deadline;
        lease.retry_period = self.leader_election_retry_period;
        lease
    }
}

fn address(port: u16) -> Option<SocketAddr> {
    (port != 0).then(|| (Ipv4Addr::UNSPECIFIED, port).into())
}

fn duration(text: &str) -> Result<Duration, String> {
    cluster::duration::parse(text).map_err(|error| format!("{error}; write a duration such as 15s or 1m30s"))
}

fn peer(text: &str) -> Result<(String, PathBuf), String> {
    let (region, path) =
        text.split_once('=').ok_or("write REGION=KUBECONFIG, such as eu-west-1=/etc/eu.yaml")?;
    Ok((region.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_flags_are_sound() {
        Flags::command().debug_assert();
    }

    #[test]
    fn the_peers_flags_and_defaults_are_ours() {
        let flags = Flags::parse_from([
            "aviary-controller",
            "--namespaced",
            "--leader-elect=false",
            "--metricsPort=1",
        ]);
        assert!(flags.namespaced && !flags.leader_elect);
        assert_eq!((flags.metrics_port, flags.healthz_port, flags.rollout_threads), (1, 8080, 10));
    }
}
