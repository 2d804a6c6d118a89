//! The canary strategy: its phases, in order (spec rollout-canary 1).

use crate::phases::{
    analysis_runs, history, metadata, pause, plugins, reset, restart, revision, scale, services, traffic,
};
use crate::reconcile::Phase;
use crate::status;

/// From "the canary hangs at 25 %" to the deciding line: the phase here, the rule in its file.
pub(crate) const CANARY: &[Phase] = &[
    status::rebuild,
    reset::on_change,
    revision::sync,
    restart::pods,
    metadata::ephemeral,
    history::limit,
    services::ping_pong,
    services::stable_and_canary,
    traffic::route,
    analysis_runs::reconcile,
    plugins::watch,
    scale::replica_sets,
    pause::step,
    plugins::steps,
];
