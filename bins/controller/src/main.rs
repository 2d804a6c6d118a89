//! The controller binary.

mod flags;

use std::process::ExitCode;

use clap::Parser;
use cluster::{Controller, Ended, connect};
use flags::Flags;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    flags.start_log();
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match run(&flags).await {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: &Flags) -> Result<Ended, cluster::Error> {
    let cluster = connect(&flags.connection()).await?;
    let settings = flags.settings(&cluster).await?;
    let controller = Controller::new(cluster.client, settings).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    Ok(controller.run(stop).await)
}

/// The first signal ends the controller in good order, the second at once.
async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
    stop.cancel();
    tokio::select! { _ = terminate.recv() => {}, _ = tokio::signal::ctrl_c() => {} }
    std::process::exit(1);
}
