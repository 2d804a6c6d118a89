//! Recorded behaviour of the peer, which is kept outside of this repository.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Names the folder, where it is not beside the clone.
const VARIABLE: &str = "AVIARY_RECORDED";

/// The file or folder `name` of the recorded behaviour, for `test`.
///
/// It is looked for in the folder that `AVIARY_RECORDED` names, else in `../shared/data` beside the clone. `None`
/// where it is absent: the test is skipped, which standard error says with what to do.
///
/// # Panics
///
/// Where it is absent and `CI` is set: CI runs every test.
#[must_use]
pub fn recorded(test: &str, name: &str) -> Option<PathBuf> {
    let path = folder().join(name);
    if path.exists() {
        return Some(path);
    }
    let remedy = format!(
        "{} is absent; put the recorded behaviour beside the clone, or name its folder in {VARIABLE}",
        path.display()
    );
    assert!(std::env::var_os("CI").is_none(), "{test}: {remedy}");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {test}: {remedy}");
    None
}

/// Whether `name` is there; nothing is said.
#[must_use]
pub fn is_recorded(name: &str) -> bool {
    folder().join(name).exists()
}

fn folder() -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(
        || Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).to_owned(),
        PathBuf::from,
    )
}
