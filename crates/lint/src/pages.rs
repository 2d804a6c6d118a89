//! The pages of the rules.

/// Where the page of a rule can be read.
pub(crate) fn link(rule: &str) -> String {
    format!("{}/blob/main/crates/lint/pages/{rule}.md", env!("CARGO_PKG_REPOSITORY"))
}

macro_rules! pages {
    ($($id:literal),* $(,)?) => {
        /// The page of a rule, in Markdown.
        pub(crate) fn text(rule: &str) -> &'static str {
            match rule {
                $($id => include_str!(concat!("../pages/", $id, ".md")),)*
                _ => "",
            }
        }
    };
}

pages!(
    "unreadable",
    "template-expression",
    "duplicate-key",
    "duplicate-object",
    "unknown-field",
    "wrong-type",
    "invalid-spec",
    "unsupported",
    "replica-weights",
    "weight-order",
    "unjudged-weight",
    "endless-pause",
    "missing-template",
    "missing-service",
    "route",
    "undeclared-argument",
    "unused-argument",
    "endless-analysis",
    "condition-type",
    "no-condition",
    "comparison",
    "no-data",
    "blended-query",
    "short-window",
    "disruption-budget",
    "drain",
    "readiness",
    "security-context",
    "requests",
    "autoscaled-replicas",
    "unpinned-check",
    "verify-once",
    "unconditional-promote",
    "abort-on-failure",
    "single-region",
    "job-setup",
    "mutable-action",
    "long-lived-secret",
    "auto-approve",
);
