//! `version`: which build this is.

use crate::{Context, Error, Io};

/// Print version
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # Get full version info\n  %PROGRAM% version\n\n  # Get short version info\n  %PROGRAM% version --short"
)]
pub(crate) struct Args {
    /// Print just the version number
    #[arg(long)]
    short: bool,
    #[arg(hide = true)]
    ignored: Vec<String>,
}

pub(crate) fn run(args: &Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let build = cluster::Build::CURRENT;
    io.line(format!("{}: {build}", context.env.program))?;
    if args.short {
        return Ok(());
    }
    let platform = format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH);
    io.line(format!("  BuildDate: {}", option_env!("AVIARY_BUILD_DATE").unwrap_or("unknown")))?;
    io.line(format!(
        "  GitCommit: {}",
        build.commit.unwrap_or("unknown; the build was not told AVIARY_COMMIT")
    ))?;
    io.line(format!("  RustVersion: {}", env!("CARGO_PKG_RUST_VERSION")))?;
    io.line(format!("  Platform: {platform}"))
}
