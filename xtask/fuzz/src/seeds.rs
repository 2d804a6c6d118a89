//! Input to begin with: what is written in the repository.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The repository's directory of examples and cases.
fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// Every file below a directory of `fixtures` with one of these endings, in the order of their paths.
pub(crate) fn files(directory: &str, endings: &[&str]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    collect(&fixtures().join(directory), endings, &mut found);
    found.sort();
    found.into_iter().filter_map(|path| fs::read(path).ok()).collect()
}

/// The objects of a kind in the manifests below a directory of `fixtures`.
pub(crate) fn objects(directory: &str, kind: &str) -> Vec<Value> {
    let texts = files(directory, &[".yaml"]);
    let documents = texts.iter().flat_map(|text| crd::yaml::documents(&String::from_utf8_lossy(text)));
    let values = documents.flatten().map(|document| document.value);
    values.filter(|value| value.get("kind").is_some_and(|it| it == kind)).collect()
}

/// The lines of one file of `fixtures`, without comments.
pub(crate) fn lines(file: &str) -> Vec<String> {
    let text = fs::read_to_string(fixtures().join(file)).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn collect(directory: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, endings, found);
        } else if endings.iter().any(|ending| path.to_string_lossy().ends_with(ending)) {
            found.push(path);
        }
    }
}
