//! What the tests share.

use std::path::Path;

use aviary_lint::{Finding, Report, Source};

/// Every file below a directory, by path in it.
pub(crate) fn sources(root: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources);
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    sources
}

fn collect(root: &Path, directory: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if ["yaml", "yml", "tf"].contains(&extension) {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            sources.push(Source::new(name, std::fs::read_to_string(&path).unwrap()).met());
        }
    }
}

/// The findings of a report as `file:line:column severity rule`.
pub(crate) fn lines(report: &Report) -> Vec<String> {
    let line = |finding: &Finding| {
        let place = &finding.place;
        let severity = finding.severity.name();
        format!("{}:{}:{} {severity} {}", place.file, place.line, place.column, finding.rule)
    };
    report.findings.iter().map(line).collect()
}
