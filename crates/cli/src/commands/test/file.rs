//! Test files: which there are, what is in them, and what comes of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value as Json;
use sim::Case;

use crate::{Env, Error, bundle};

const END: &str = ".test.yaml";

/// A test file.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    /// Manifests beside the file: files and directories.
    manifests: Vec<PathBuf>,
    /// Name of the Rollout, when there are several.
    #[serde(default)]
    rollout: Option<String>,
    /// The tests.
    tests: Vec<Json>,
}

/// What came of a file.
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) outcomes: Vec<Outcome>,
}

/// What came of a test.
pub(super) struct Outcome {
    pub(super) name: String,
    pub(super) failures: Vec<Failure>,
    pub(super) timeline: String,
    /// Simulated time.
    pub(super) took: Duration,
}

/// An expectation that was not met.
pub(super) struct Failure {
    pub(super) expected: String,
    pub(super) found: String,
}

impl Outcome {
    pub(super) fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The test files that the paths name or hold.
pub(super) fn find(paths: &[PathBuf], env: &Env) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for path in paths {
        if env.directory.join(path).is_dir() {
            below(path, env, &mut found)?;
        } else {
            found.push(path.clone());
        }
    }
    if found.is_empty() {
        let shown = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::new(format!("there is no file that ends in {END} in {shown}")));
    }
    Ok(found)
}

fn below(directory: &Path, env: &Env, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let refused = |error: std::io::Error| Error::unreadable(directory.display(), &error);
    let entries = std::fs::read_dir(env.directory.join(directory)).map_err(refused)?;
    let mut names =
        entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    names.sort();
    for name in names {
        let path = directory.join(&name);
        if env.directory.join(&path).is_dir() {
            below(&path, env, found)?;
        } else if name.to_string_lossy().ends_with(END) {
            found.push(path);
        }
    }
    Ok(())
}

/// Runs the tests of a file whose name has this part.
pub(super) fn run(path: &Path, filter: &str, env: &Env) -> Result<Suite, Error> {
    let name = path.display().to_string();
    let located = |why: String| Error::new(format!("{name}: {why}"));
    let text = env.read(path).map_err(|error| Error::unreadable(&name, &error))?;
    let file: File = crd::yaml::from_str(&text).map_err(|error| {
        let text = error.to_string();
        located(text.lines().next().unwrap_or_default().to_owned())
    })?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let manifests: Vec<PathBuf> = file.manifests.iter().map(|one| beside.join(one)).collect();
    let chosen = bundle::rollout(&manifests, file.rollout.as_deref(), env)
        .map_err(|error| located(error.to_string()))?;
    let mut outcomes = Vec::new();
    for (index, written) in file.tests.iter().enumerate() {
        let case = Case::deserialize(written).map_err(|error| located(format!("tests[{index}]: {error}")))?;
        if !case.name.contains(filter) {
            continue;
        }
        let refused = |error: sim::Error| located(format!("{:?}: {error}", case.name));
        let metrics = plan::condition::healthy_metrics();
        let objects = chosen.objects.clone();
        let course = case.run(objects, &chosen.namespace, &chosen.name, metrics).map_err(refused)?;
        let failures = case.unmet(&course).map_err(refused)?.into_iter().map(|unmet| Failure {
            expected: format!("then[{}] {}", unmet.index, expected(written, unmet.index)),
            found: unmet.found,
        });
        outcomes.push(Outcome {
            name: case.name.clone(),
            failures: failures.collect(),
            timeline: course.simulation.timeline().to_string(),
            took: course.took,
        });
    }
    Ok(Suite { name, outcomes })
}

/// An expectation as it is written, on one line.
fn expected(test: &Json, index: usize) -> String {
    let members = test.pointer(&format!("/then/{index}")).and_then(Json::as_object);
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = members.into_iter().flatten().map(|(key, value)| format!("{key}: {}", text(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}
