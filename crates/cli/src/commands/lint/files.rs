//! From paths to the texts of a bundle.

use std::path::{Path, PathBuf};

use lint::{Report, Source};

use crate::{Env, Error};

/// The texts of a bundle.
pub(super) struct Bundle {
    pub(super) sources: Vec<Source>,
    /// Directories of Helm charts that were passed over: their templates are no manifests yet.
    pub(super) charts: Vec<String>,
}

/// Ends of the names of files that concern a release.
const ENDS: [&str; 4] = ["yaml", "yml", "json", "tf"];

/// Reads files and everything below directories, in order.
pub(super) fn read(paths: &[PathBuf], env: &Env) -> Result<Bundle, Error> {
    let mut bundle = Bundle { sources: Vec::new(), charts: Vec::new() };
    for path in paths {
        let shown = path.display().to_string();
        let refused = |error: std::io::Error| Error::new(format!("cannot read {shown}: {error}"));
        if path != Path::new("-") && env.directory.join(path).is_dir() {
            directory(path, env, &mut bundle)?;
        } else {
            let name = if shown == "-" { "(standard input)".to_owned() } else { shown.clone() };
            bundle.sources.push(Source::new(name, env.read(path).map_err(refused)?));
        }
    }
    if bundle.sources.is_empty() && bundle.charts.is_empty() {
        let shown = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::new(format!(
            "there is no file to check in {shown}: none ends in .{}",
            ENDS.join(", .")
        )));
    }
    Ok(bundle)
}

fn directory(path: &Path, env: &Env, bundle: &mut Bundle) -> Result<(), Error> {
    let shown = path.display();
    let refused = |error: std::io::Error| Error::new(format!("cannot read {shown}: {error}"));
    if env.directory.join(path).join("Chart.yaml").exists() {
        bundle.charts.push(shown.to_string());
        return Ok(());
    }
    let entries = std::fs::read_dir(env.directory.join(path)).map_err(refused)?;
    let mut names =
        entries.map(|entry| Ok(entry?.file_name())).collect::<Result<Vec<_>, _>>().map_err(refused)?;
    names.sort();
    for name in names {
        let inner = path.join(&name);
        let full = env.directory.join(&inner);
        let text = name.to_string_lossy();
        if full.is_dir() {
            // Downloaded modules, and what versions are kept in.
            let foreign = [".git", ".terraform", "node_modules", "target"].contains(&&*text);
            if !foreign && !full.is_symlink() {
                directory(&inner, env, bundle)?;
            }
            continue;
        }
        let end = inner.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if ENDS.contains(&end) {
            let shown = inner.display().to_string();
            let read = std::fs::read_to_string(&full);
            let read = read.map_err(|error| Error::new(format!("cannot read {shown}: {error}")))?;
            bundle.sources.push(Source::new(shown, read).met());
        }
    }
    Ok(())
}

/// Writes the mended files back; gives their names with the number of findings that are mended.
pub(super) fn fix(bundle: &Bundle, report: &Report, env: &Env) -> Result<Vec<(String, usize)>, Error> {
    let mut fixed = Vec::new();
    for source in &bundle.sources {
        let findings: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.place.file == source.name && !finding.fix.is_empty())
            .cloned()
            .collect();
        if findings.is_empty() || source.name.starts_with('(') {
            continue;
        }
        let text = lint::fix::apply(&source.text, &findings);
        let written = std::fs::write(env.directory.join(&source.name), text);
        written.map_err(|error| Error::new(format!("cannot write {}: {error}", source.name)))?;
        fixed.push((source.name.clone(), findings.len()));
    }
    Ok(fixed)
}
