//! The workspace's own tool: everything CI does is one of its commands, and each can be run alone.
//!
//! It is also a library, for what some tests compare us with: [`control_plane`] provides the real Kubernetes control
//! plane, [`recorded`] finds recorded behaviour. It is not a place for product code, and it depends on none.
//!
//! ```
//! let words = ["--help".to_owned()];
//! assert!(xtask::run(&words).is_ok());
//! ```

mod commands;
pub mod control_plane;
mod failure;
mod markdown;
mod recorded;
mod shell;
mod sources;
mod terraform;
mod workspace;

pub use failure::Failure;
pub use recorded::{is_recorded, recorded};

/// Runs the command named by the first word with the rest as its arguments.
pub fn run(words: &[String]) -> Result<(), Failure> {
    commands::run(words)
}
