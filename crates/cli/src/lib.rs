//! Every command as a library that writes to a given `io::Write`.
//!
//! For: the binary `aviary` (also `kubectl-aviary`, and `kubectl-argo-rollouts` when called by that name), and tests
//! of what it prints, sends and answers. Output, requests and exit codes of the verbs of the public plugin are those
//! of the public plugin under every name; only what is missing on a command line is not said under the plugin's own
//! name, where a usage stands alone.
//!
//! Not for: deciding anything about a release (see `aviary-rollout`).
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use aviary_cli::{Env, Io, Target, run};
//!
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let mut io = Io { out: &mut out, err: &mut err };
//! let code = run(["pause"], &Env::of_process("aviary"), &mut io, Target::Configured).await;
//! assert_eq!(code, 1);
//! let said = String::from_utf8(err).unwrap();
//! assert!(said.starts_with("Error: the following required arguments were not provided:\n  <ROLLOUT_NAME>...\n"));
//! assert!(said.contains("\n\nUsage:\n  aviary pause ROLLOUT_NAME [flags]\n"));
//! # });
//! ```

mod bundle;
mod cluster;
mod command_line;
mod commands;
mod connect;
mod demo;
mod env;
mod error;
mod flags;
mod go_duration;
mod info;
mod io;
mod json;
mod render;
mod requests;
mod resource;
mod stop;
mod usage;
mod watch;

pub use cluster::Cluster;
pub use connect::Target;
pub use env::Env;
pub use error::Error;
pub use io::Io;
pub use render::Paint;

use command_line::Parsed;
use futures::future::BoxFuture;

/// What a command works with.
pub(crate) struct Context<'a> {
    pub(crate) env: &'a Env,
    pub(crate) flags: &'a flags::Global,
    pub(crate) target: Target,
}

impl Context<'_> {
    /// The cluster that the flags, the kubeconfig, or the caller of [`run`] names.
    pub(crate) async fn cluster(&self) -> Result<Cluster, Error> {
        self.target.cluster(self.flags).await
    }
}

/// Carries out the command line `args` (without the program's name) and gives the exit code: 0, or 1 on any failure.
/// `judge` has more of them, one a verdict; 141 says that nobody reads the output any more.
pub async fn run<I>(args: I, env: &Env, io: &mut Io<'_>, target: Target) -> u8
where
    I: IntoIterator,
    I::Item: Into<String>,
{
    called(args.into_iter().map(Into::into).collect(), env, io, target).await
}

/// Boxed, so that the commands are compiled here and not once more in every crate that runs one.
fn called<'a>(args: Vec<String>, env: &'a Env, io: &'a mut Io<'_>, target: Target) -> BoxFuture<'a, u8> {
    Box::pin(carried_out(args, env, io, target))
}

/// As a shell tells of a program that was ended by SIGPIPE.
const CLOSED: u8 = 128 + 13;

async fn carried_out(args: Vec<String>, env: &Env, io: &mut Io<'_>, target: Target) -> u8 {
    let done = match command_line::parse(&args, env) {
        Ok(Parsed::Help(text)) => io.text(text),
        Ok(Parsed::Command(command, flags)) => {
            let context = Context { env, flags: &flags, target };
            commands::run(*command, &context, io).await
        }
        Err(error) => Err(error),
    };
    let Err(error) = done else { return 0 };
    let text = match error {
        Error::Verdict(code) => return code,
        Error::Closed => return CLOSED,
        Error::Usage(why) => {
            let usage = usage::of(&args, env);
            let alone = why.is_empty() || usage::stands_alone(&args, env);
            if alone { usage } else { format!("Error: {why}\n\n{usage}") }
        }
        other => format!("Error: {other}"),
    };
    // Nothing is left to say when even the error stream is closed.
    let _closed = io.note(text.trim_end());
    1
}
