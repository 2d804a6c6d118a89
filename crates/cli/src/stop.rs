//! Ends of a command that has none by itself.

/// Waits until the user or the system asks the process to end.
pub(crate) async fn asked() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        // Without a handler the default one ends the process, which is what is wanted as well.
        result = tokio::signal::ctrl_c() => if result.is_err() { std::future::pending::<()>().await },
        _ = terminate.recv() => {}
    }
}
