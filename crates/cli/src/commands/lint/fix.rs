//! Mended files.

use lint::Report;

use crate::bundle::Bundle;
use crate::{Env, Error};

/// Writes the mended files back; gives their names with the number of findings that are mended.
pub(super) fn write(bundle: &Bundle, report: &Report, env: &Env) -> Result<Vec<(String, usize)>, Error> {
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
