//! The aviary command, also kubectl-argo-rollouts when called by that name.

use std::process::ExitCode;

use cli::{Env, Io, Target};

#[tokio::main]
async fn main() -> ExitCode {
    // Another provider can only have been set by us, and there is none.
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut args = std::env::args();
    let program = args.next().unwrap_or_default();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let mut io = Io { out: &mut out, err: &mut err };
    ExitCode::from(cli::run(args, &Env::of_process(&program), &mut io, Target::Configured).await)
}
