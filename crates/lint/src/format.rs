//! Reports for machines.

use serde_json::{Value, json};

use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::rule::RULES;

/// The report as one JSON object: `findings`, and counts by severity.
pub fn json(report: &Report) -> Value {
    json!({
        "findings": report.findings,
        "summary": {
            "files": report.files,
            "rollouts": report.rollouts,
            "errors": report.count(Severity::Error),
            "warnings": report.count(Severity::Warning),
            "infos": report.count(Severity::Info),
            "suppressed": report.suppressed,
        },
    })
}

/// The report in the form of SARIF 2.1.0, which code hosts show beside the lines.
pub fn sarif(report: &Report) -> Value {
    let rules = RULES.iter().map(|rule| {
        json!({
            "id": rule.id,
            "shortDescription": {"text": rule.about},
            "helpUri": crate::pages::link(rule.id),
            "help": {"text": rule.page(), "markdown": rule.page()},
            "defaultConfiguration": {"level": level(rule.severity)},
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "aviary lint",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding) -> Value {
    json!({
        "ruleId": finding.rule,
        "ruleIndex": RULES.iter().position(|rule| rule.id == finding.rule),
        "level": level(finding.severity),
        "message": {"text": format!("{} Remedy: {}", sentence(&finding.message), sentence(&finding.remedy))},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": finding.place.file},
                "region": {"startLine": finding.place.line, "startColumn": finding.place.column},
            },
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// The report as commands to GitHub Actions, which shows them beside the lines of a pull request.
pub fn github(report: &Report) -> String {
    let property = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
            .replace(':', "%3A")
            .replace(',', "%2C")
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let command = |finding: &Finding| {
        let command = if finding.severity == Severity::Info { "notice" } else { finding.severity.name() };
        let message = format!("{} Remedy: {}", sentence(&finding.message), sentence(&finding.remedy));
        format!(
            "::{command} file={},line={},col={},title={}::{}\n",
            property(&finding.place.file),
            finding.place.line,
            finding.place.column,
            property(finding.rule),
            data(&message),
        )
    };
    report.findings.iter().map(command).collect()
}
