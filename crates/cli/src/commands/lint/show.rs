//! Findings for people.

use lint::{Finding, RULES, Report, Severity};

use crate::bundle::Bundle;
use crate::render::{table, text};
use crate::{Env, Error, Io, Paint};

/// Columns when the output does not go to a terminal.
const WIDTH: usize = 100;
const INDENT: &str = "    ";

pub(super) fn text(report: &Report, bundle: &Bundle, env: &Env) -> String {
    let paint = if env.columns.is_some() { env.paint } else { Paint::Plain };
    let width = env.columns.unwrap_or(WIDTH).clamp(40, 120);
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&one(finding, paint, width));
        out.push('\n');
    }
    for chart in &bundle.charts {
        out.extend([format!(
            "{chart} is a Helm chart: check what it renders, `helm template {chart} | {} lint -`\n",
            env.typed()
        )]);
    }
    if super::is_empty(report) {
        return out;
    }
    let summary = counts(report);
    let mendable = report.findings.iter().filter(|finding| !finding.fix.is_empty()).count();
    out.push_str(&summary);
    if mendable > 0 {
        out.extend([format!("; --fix mends {mendable}")]);
    }
    if report.suppressed > 0 {
        out.extend([format!("; {} silenced by comments", report.suppressed)]);
    }
    out.push('\n');
    out
}

fn one(finding: &Finding, paint: Paint, width: usize) -> String {
    let place = &finding.place;
    let severity = match finding.severity {
        Severity::Error => paint.bad("error"),
        Severity::Warning => paint.doubtful("warning"),
        Severity::Info => "info".to_owned(),
    };
    let mut out = format!("{}:{}:{}: {severity}: {}\n", place.file, place.line, place.column, finding.rule);
    if !finding.object.is_empty() {
        let field = if finding.field.is_empty() { String::new() } else { format!(", {}", finding.field) };
        out.extend([format!("{INDENT}{}{field}\n", finding.object)]);
    }
    out.push_str(&text::wrapped(&finding.message, width, INDENT, INDENT));
    out.push_str(&text::wrapped(&format!("→ {}", finding.remedy), width, INDENT, "      "));
    out.extend([format!("{INDENT}  {}\n", finding.page)]);
    out
}

/// Why the command fails.
pub(super) fn refusal(report: &Report, fail_on: Severity) -> String {
    let count = report.findings.iter().filter(|finding| finding.severity >= fail_on).count();
    let things = if count == 1 { "finding" } else { "findings" };
    let least = if fail_on == Severity::Error { "" } else { " or worse" };
    format!("{count} {things} of severity {}{least}", fail_on.name())
}

/// `3 errors, 1 warning, 2 notes in 4 files`.
fn counts(report: &Report) -> String {
    let count = |severity, one: &str, many: &str| {
        let count = report.count(severity);
        (count > 0).then(|| format!("{count} {}", if count == 1 { one } else { many }))
    };
    let parts = [
        count(Severity::Error, "error", "errors"),
        count(Severity::Warning, "warning", "warnings"),
        count(Severity::Info, "note", "notes"),
    ];
    let found = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let found = if found.is_empty() { "nothing found".to_owned() } else { found };
    let files = if report.files == 1 { "file" } else { "files" };
    format!("{found} in {} {files}", report.files)
}

pub(super) fn rules(io: &mut Io<'_>) -> Result<(), Error> {
    let mut rows = vec![["RULE", "SEVERITY", "LOOKS FOR"].map(str::to_owned).to_vec()];
    rows.extend(
        RULES.iter().map(|rule| [rule.id, rule.severity.name(), rule.about].map(str::to_owned).to_vec()),
    );
    io.text(table::aligned(&rows))
}
