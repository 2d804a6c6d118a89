//! Decision journals as the commands find them.

use journal::{Entry, Journal};

use crate::resource::{CONFIG_MAPS, ROLLOUTS};
use crate::{Cluster, Context, Error};

/// The journal of a Rollout.
pub(super) async fn read(cluster: &Cluster, rollout: &str, context: &Context<'_>) -> Result<Journal, Error> {
    match cluster.get(CONFIG_MAPS, &journal::name(rollout)).await {
        Ok(config_map) => journal::read(config_map).map_err(said),
        Err(error) if error.is_not_found() => Err(none(cluster, rollout, context).await),
        Err(error) => Err(error),
    }
}

/// Why there is no journal.
async fn none(cluster: &Cluster, rollout: &str, context: &Context<'_>) -> Error {
    match cluster.get(ROLLOUTS, rollout).await {
        Err(error) if error.is_not_found() => unknown(cluster, rollout, context),
        Err(error) => error,
        Ok(_) => Error::new(format!(
            "rollout.argoproj.io {rollout:?} has no decision journal; the controller writes one when it is started with \
             --decisionJournal=100 (in the chart: decisionJournal: 100), from the next decision on"
        )),
    }
}

/// There is no such Rollout.
pub(super) fn unknown(cluster: &Cluster, rollout: &str, context: &Context<'_>) -> Error {
    let (namespace, program) = (&cluster.namespace, context.env.typed());
    Error::new(format!(
        "rollout.argoproj.io {rollout:?} not found in namespace {namespace:?}; \
         `{program} list rollouts --all-namespaces` shows those that are there"
    ))
}

/// The entries of a journal.
pub(super) fn entries(journal: &Journal) -> Result<Vec<Entry>, Error> {
    journal.entries().map_err(said)
}

pub(super) fn said(error: journal::Error) -> Error {
    Error::new(error.to_string())
}
