//! Who of several controllers writes (spec controller-binary 2.2).

use std::time::Duration;

use clap::{ArgAction, Args};
use cluster::{Controllers, LeaseSettings};

use super::{Failure, go};

#[derive(Args, Debug)]
#[command(next_help_heading = "Leader election")]
pub(super) struct ElectionFlags {
    /// Only the controller that holds the lease writes.
    #[arg(long = "leader-elect", num_args = 0..=1, require_equals = true, default_missing_value = "true", default_value = "true", action = ArgAction::Set, value_parser = go::boolean, value_name = "BOOL")]
    wanted: bool,
    /// How long a lease that is not renewed stays valid for others.
    #[arg(long = "leader-election-lease-duration", default_value = "15s", value_parser = go::duration, value_name = "DURATION")]
    lease_duration: Duration,
    /// How long this controller goes on without having renewed; shorter than the lease.
    #[arg(long = "leader-election-renew-deadline", default_value = "10s", value_parser = go::duration, value_name = "DURATION")]
    renew_deadline: Duration,
    /// How often the lease is tried for.
    #[arg(long = "leader-election-retry-period", default_value = "2s", value_parser = go::duration, value_name = "DURATION")]
    retry_period: Duration,
}

impl ElectionFlags {
    /// The lease to compete for in `namespace`; `None` without leader election.
    pub(super) fn lease(
        &self,
        namespace: &str,
        instance_id: &str,
        controllers: Controllers,
    ) -> Result<Option<LeaseSettings>, Failure> {
        if !self.wanted {
            return Ok(None);
        }
        if namespace.is_empty() {
            return Err(Failure::NoNamespace);
        }
        let mut lease = LeaseSettings::new(namespace, identity());
        // A controller of analyses alone takes the plain name whatever its instance is, as the peer's does.
        if !instance_id.is_empty() && controllers == Controllers::All {
            lease.name = format!("{}-{instance_id}", LeaseSettings::NAME);
        }
        lease.duration = self.lease_duration;
        lease.renew_deadline = self.renew_deadline;
        lease.retry_period = self.retry_period;
        lease.check()?;
        Ok(Some(lease))
    }
}

/// The controller's own namespace: where its lease, its configuration and the Secrets of its providers are.
pub(super) fn own_namespace() -> String {
    let account = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    std::env::var("POD_NAMESPACE")
        .or_else(|_| std::fs::read_to_string(account).map(|namespace| namespace.trim().to_owned()))
        .unwrap_or_else(|_| "argo-rollouts".to_owned())
}

/// Unique over all controllers, and over all lives of this one.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
    let host = host.unwrap_or_else(|_| std::env::var("HOSTNAME").unwrap_or_else(|_| "aviary".to_owned()));
    format!("{}_{}", host.trim(), uuid::Uuid::new_v4())
}
