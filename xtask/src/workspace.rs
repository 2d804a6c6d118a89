//! The workspace as cargo describes it.

use crate::{Failure, shell};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The repository's top level.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// One package of ours.
#[derive(Debug)]
pub(crate) struct Package {
    /// `aviary-rollout`.
    pub(crate) name: String,
    /// Its directory, relative to the root: `crates/rollout`.
    pub(crate) directory: String,
    /// The root files of its targets, absolute.
    pub(crate) targets: Vec<PathBuf>,
    /// Dependencies on packages of ours: name and whether for tests only.
    pub(crate) ours: Vec<(String, bool)>,
}

impl Package {
    /// The last part of its directory, which is its role: `rollout`.
    pub(crate) fn role(&self) -> &str {
        self.directory.rsplit('/').next().unwrap_or(&self.directory)
    }
}

/// All packages of the workspace, by role.
pub(crate) fn packages() -> Result<BTreeMap<String, Package>, Failure> {
    let metadata = metadata(&["--no-deps"])?;
    let names: Vec<&str> =
        array(&metadata, "packages").filter_map(|package| package["name"].as_str()).collect();
    let packages = array(&metadata, "packages").map(|package| read(package, &names));
    Ok(packages.map(|package| (package.role().to_owned(), package)).collect())
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf, Failure> {
    Ok(text(&metadata(&["--no-deps"])?, "target_directory").into())
}

/// `cargo metadata`, as it is.
pub(crate) fn metadata(more: &[&str]) -> Result<Value, Failure> {
    let args = [&["metadata", "--format-version", "1", "--locked"], more].concat();
    let text =
        shell::output(&mut shell::cargo(&args), "run `cargo metadata` and mend the manifest that it names")?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(format!("cargo metadata is not JSON: {error}"), "update cargo"))
}

/// The elements of an array field; none when it is absent.
pub(crate) fn array<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    value[field].as_array().into_iter().flatten()
}

fn read(package: &Value, names: &[&str]) -> Package {
    let manifest = Path::new(text(package, "manifest_path"));
    let directory = manifest.parent().and_then(|dir| dir.strip_prefix(root()).ok()).unwrap_or(Path::new(""));
    let path = |target: &Value| PathBuf::from(text(target, "src_path"));
    Package {
        name: text(package, "name").to_owned(),
        directory: directory.display().to_string(),
        targets: array(package, "targets").map(path).collect(),
        ours: array(package, "dependencies")
            .filter(|dependency| names.contains(&text(dependency, "name")))
            .map(|dependency| (text(dependency, "name").to_owned(), dependency["kind"] == "dev"))
            .collect(),
    }
}

/// A text field; empty when it is absent.
pub(crate) fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}
