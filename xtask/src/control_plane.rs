//! The real Kubernetes control plane, at pinned versions, built once as Go programs.
//!
//! `cargo xtask control-plane` provides the programs; with the feature `control-plane` a test starts them:
//!
//! ```no_run
//! # #[cfg(feature = "control-plane")] {
//! use xtask::control_plane::{ControlPlane, Level};
//!
//! let Some(plane) = ControlPlane::for_test("the_real_server_agrees", Level::Api, &[]) else { return };
//! assert!(plane.kubectl(&["get", "namespaces"]).is_ok());
//! # }
//! ```

#[cfg(feature = "control-plane")]
mod leash;
#[cfg(feature = "control-plane")]
mod pki;
mod program;
mod provide;
#[cfg(feature = "control-plane")]
mod start;

pub use program::{PROGRAMS, Program};
pub(crate) use provide::provide;
#[cfg(feature = "control-plane")]
pub use start::{ControlPlane, Extras, Level, Programs};

use std::path::PathBuf;

/// Where the programs are, or will be: `$AVIARY_CONTROL_PLANE`, else a directory of the user's cache
/// named after the versions, so that a change of version is a change of directory.
pub fn directory() -> PathBuf {
    if let Some(chosen) = std::env::var_os("AVIARY_CONTROL_PLANE") {
        return chosen.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    cache.join("aviary").join("control-plane").join(program::versions())
}
