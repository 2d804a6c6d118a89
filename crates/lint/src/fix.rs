//! Carrying out the mechanical part of what findings say.

use crate::finding::{Edit, Finding};

/// The text of a file with the fixes of these findings in it. Fixes that would touch the same characters are carried
/// out once; the next check finds what is left.
///
/// ```
/// use aviary_lint::{Source, check, fix};
/// let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {strategy: {canary: {stepz: []}}}\n";
/// let report = check(vec![Source::new("r.yaml", text)]);
/// assert!(fix::apply(text, &report.findings).contains("canary: {steps: []}"));
/// ```
pub fn apply(text: &str, findings: &[Finding]) -> String {
    let mut edits: Vec<&Edit> = findings.iter().flat_map(|finding| &finding.fix).collect();
    // From the end, so that earlier positions stay true.
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.line, edit.column)));
    edits.dedup_by_key(|edit| (edit.line, edit.column));
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for edit in edits {
        let Some(line) = lines.get_mut(edit.line.saturating_sub(1)) else { continue };
        let at = |column: usize| line.char_indices().nth(column).map_or(line.len(), |(index, _)| index);
        let start = at(edit.column.saturating_sub(1));
        let end = at(edit.column.saturating_sub(1) + edit.remove);
        line.replace_range(start..end, &edit.insert);
    }
    lines.concat()
}
