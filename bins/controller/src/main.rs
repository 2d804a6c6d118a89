//! The controller binary.

mod flags;

use std::process::ExitCode;

use cluster::{Build, Controller, Ended, connect};
use flags::{Failure, Flags};
use tokio_util::sync::CancellationToken;

// It waits for most of its time, and decides in microseconds: with one thread nothing is handed from one to another, and
// one heap serves all.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let flags = match Flags::read(std::env::args_os()) {
        Ok(flags) => flags,
        Err(told) => {
            // Nobody is left to tell that the terminal is gone.
            let _ = told.print();
            return if told.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    if flags.version {
        println!("{}", Build::CURRENT);
        return ExitCode::SUCCESS;
    }
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

async fn run(flags: &Flags) -> Result<Ended, Failure> {
    // First of all: process 1 of a container is not ended by a signal that it does not handle.
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let Some(controller) = stop.run_until_cancelled(set_up(flags)).await else { return Ok(Ended::Stopped) };
    Ok(controller?.run(stop).await)
}

async fn set_up(flags: &Flags) -> Result<Controller, Failure> {
    // What the flags say wrong by themselves is told before a cluster is looked for.
    flags.controllers()?;
    let cluster = connect(&flags.connection()).await.map_err(cluster::Error::from)?;
    let settings = flags.settings(&cluster).await?;
    Ok(Controller::new(cluster.client, settings).await?)
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
