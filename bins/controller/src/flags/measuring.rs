//! How metrics are measured.

use std::collections::BTreeMap;

use clap::Args;
use cluster::{ConnectError, Connected, Connection, Egress, MetricEgress, connect, connect_in_pod};

use super::Failure;

/// How metrics are measured.
#[derive(Args, Debug)]
#[command(next_help_heading = "Measuring")]
pub(super) struct MeasuringFlags {
    /// An address, network or host (`10.1.2.3`, `10.0.0.0/8`, `h.example`, `*.example`) that metrics may ask although it is
    /// the machine's own, its link's, or a cloud's metadata service; `NAMESPACE=RULE` for the metrics of one namespace; may be
    /// given several times
    #[arg(long, value_name = "[NAMESPACE=]RULE")]
    metric_egress_allow: Vec<String>,
    /// An address, network or host that metrics must not ask, whatever is allowed; `NAMESPACE=RULE` for the metrics of one
    /// namespace; may be given several times
    #[arg(long, value_name = "[NAMESPACE=]RULE")]
    metric_egress_deny: Vec<String>,
    /// Let an AnalysisRun end Successful although no measurement was successful, as the peer does
    #[arg(long)]
    pub(super) accept_no_success: bool,
}

/// Where Jobs run, in the environment, as for the peer: a kubeconfig, or `in-cluster` (spec controller-binary).
const JOB_KUBECONFIG: &str = "ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG";

/// The cluster in which the Jobs of metrics run, where it is another one.
pub(super) async fn jobs() -> Result<Option<Connected>, ConnectError> {
    let found = match std::env::var(JOB_KUBECONFIG) {
        Err(_) => return Ok(None),
        Ok(place) if place == "in-cluster" => connect_in_pod()?,
        Ok(path) => connect(&Connection { kubeconfig: Some(path.into()), ..Connection::default() }).await?,
    };
    Ok(Some(found))
}

impl MeasuringFlags {
    /// Where metrics may be asked. What holds everywhere holds in each namespace, too.
    pub(super) fn egress(&self) -> Result<MetricEgress, Failure> {
        let rules = [
            ("--metric-egress-allow", &self.metric_egress_allow, Egress::allow as fn(Egress, &str) -> _),
            ("--metric-egress-deny", &self.metric_egress_deny, Egress::deny),
        ];
        let wrong = |flag: &'static str| move |error| Failure::Egress { flag, error };
        let mut everywhere = Egress::guarded();
        for (flag, texts, add) in rules {
            for rule in texts.iter().filter(|text| !text.contains('=')) {
                everywhere = add(everywhere, rule).map_err(wrong(flag))?;
            }
        }
        let mut by_namespace: BTreeMap<String, Egress> = BTreeMap::new();
        for (flag, texts, add) in rules {
            for (namespace, rule) in texts.iter().filter_map(|text| text.split_once('=')) {
                let egress = by_namespace.remove(namespace).unwrap_or_else(|| everywhere.clone());
                by_namespace.insert(namespace.to_owned(), add(egress, rule).map_err(wrong(flag))?);
            }
        }
        Ok(MetricEgress { everywhere, by_namespace })
    }
}
