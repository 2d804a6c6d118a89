//! The rating API edge service binary: flags and environment in, signals out; everything else is `aviary-rating`.

mod flags;

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let flags = flags::Flags::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rating-api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: flags::Flags) -> Result<(), Box<dyn std::error::Error>> {
    // The handlers first: a signal during the start must not kill what has just begun to serve.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let service = rating::Service::start(flags.into_config()).await?;
    println!("{}", service.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    let drained = service.shutdown().await;
    tracing::info!(finished = drained.finished, cut = drained.cut, "drained");
    if drained.cut > 0 {
        return Err(format!("{} connections were cut at the drain deadline", drained.cut).into());
    }
    Ok(())
}
