//! Writes the CustomResourceDefinitions into a directory, or says which files there are not those: `cargo xtask crds`.
//!
//! Usage: `crds DIRECTORY [--check]`

use std::path::Path;
use std::process::ExitCode;

use aviary_crd::{manifests, yaml};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let written = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [directory] => {
            each(Path::new(directory), |path, text| std::fs::write(path, text).err().map(|e| e.to_string()))
        }
        [directory, "--check"] => each(Path::new(directory), |path, text| {
            let there = std::fs::read_to_string(path).unwrap_or_default();
            (there != text).then(|| "not what is made from the types".to_owned())
        }),
        _ => vec!["usage: crds DIRECTORY [--check]".to_owned()],
    };
    for problem in &written {
        eprintln!("{problem}");
    }
    if written.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does something with each definition and the file that it belongs into; what went wrong.
fn each(directory: &Path, with: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let problem = |manifest: &serde_json::Value| {
        let name =
            manifest.pointer("/spec/names/plural").and_then(serde_json::Value::as_str).unwrap_or_default();
        let path = directory.join(format!("{name}.yaml"));
        let text = yaml::to_string(manifest);
        let problem = text.map_or_else(|error| Some(error.to_string()), |text| with(&path, &text));
        problem.map(|problem| format!("{}: {problem}", path.display()))
    };
    manifests().iter().filter_map(problem).collect()
}
