//! The ticker: lets the world's own controllers run after each change and at their next wake-up.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::shared::Shared;

/// The timers' resolution. A world that asks for less would make the ticker spin.
const SHORTEST: Duration = Duration::from_millis(1);

/// Starts the ticker; it ends with the last handle of the server.
pub(crate) fn start(shared: &Arc<Shared>) {
    tokio::spawn(run(Arc::downgrade(shared), shared.work()));
}

async fn run(shared: Weak<Shared>, work: Arc<tokio::sync::Notify>) {
    while let Some(alive) = shared.upgrade() {
        let next = alive.with(world::World::step);
        let wait = next.map(|next| alive.clock.until(next).max(SHORTEST));
        drop(alive);
        match wait {
            // Running out is the other way to wake up.
            Some(wait) => drop(tokio::time::timeout(wait, work.notified()).await),
            None => work.notified().await,
        }
    }
}
