//! The rating API edge service binary: flags and environment in, signals out; everything else is `aviary-rating`.

mod flags;

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use flags::{CommandLine, Mode};
use mimalloc::MiMalloc;

/// A tenth of a request's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let line = CommandLine::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(line).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rating-api: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(line: CommandLine) -> Result<(), Box<dyn std::error::Error>> {
    // The handlers first: a signal during the start must not kill what has just begun to serve.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = match line.mode {
        None => {
            let service = rating::Service::start(line.service.into_config()?).await?;
            println!("{}", service.url());
            Running::Service(service)
        }
        Some(Mode::Sidecar(flags)) => {
            let sidecar = rating::Sidecar::start(flags.into_config()).await?;
            println!("http://{}", sidecar.addr());
            Running::Sidecar(sidecar)
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("draining");
    let drained = match running {
        Running::Service(service) => service.shutdown().await,
        Running::Sidecar(sidecar) => sidecar.shutdown().await,
    };
    tracing::info!(finished = drained.finished, cut = drained.cut, "drained");
    if drained.cut > 0 {
        return Err(format!("{} connections were cut at the drain deadline", drained.cut).into());
    }
    Ok(())
}

enum Running {
    Service(rating::Running),
    Sidecar(rating::RunningSidecar),
}
