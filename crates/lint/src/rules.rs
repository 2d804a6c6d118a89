//! The rules: one file, one page, one row each.

mod abort_on_failure;
mod auto_approve;
mod autoscaled_replicas;
mod blended_query;
mod comparison;
mod condition_type;
mod disruption_budget;
mod drain;
mod duplicate_key;
mod duplicate_object;
mod endless_analysis;
mod endless_pause;
mod invalid_spec;
mod job_setup;
mod long_lived_secret;
mod missing_service;
mod missing_template;
mod mutable_action;
mod no_condition;
mod no_data;
mod pods;
mod readiness;
mod release_pipeline;
mod replica_weights;
mod requests;
mod route;
mod security_context;
mod short_window;
mod single_region;
mod template_expression;
mod unconditional_promote;
mod undeclared_argument;
mod unjudged_weight;
mod unknown_field;
mod unpinned_check;
mod unreadable;
mod unsupported;
mod unused_argument;
mod verify_once;
mod weight_order;
mod wrong_type;

use crate::finding::Severity::{self, Error, Info, Warning};
use crate::rule::{Rule, Sink};

type Check = fn(&crate::bundle::Bundle, &mut Sink<'_>);

const fn row(id: &'static str, severity: Severity, about: &'static str, check: Check) -> Rule {
    Rule { id, severity, about, check }
}

/// In the order in which they look.
pub(crate) const RULES: &[Rule] = &[
    row("unreadable", Error, "documents that cannot be read", unreadable::check),
    row("template-expression", Error, "Helm expressions in a plain manifest", template_expression::check),
    row("duplicate-key", Warning, "keys that stand twice in one mapping", duplicate_key::check),
    row("duplicate-object", Warning, "the same object twice in one bundle", duplicate_object::check),
    row("unknown-field", Error, "fields that the type does not have", unknown_field::check),
    row("wrong-type", Error, "values of another type than their field's", wrong_type::check),
    row("invalid-spec", Error, "what the controller refuses as InvalidSpec", invalid_spec::check),
    row("unsupported", Info, "what the Aviary controller does not carry out yet", unsupported::check),
    row("replica-weights", Warning, "weights that the number of pods cannot give", replica_weights::check),
    row("weight-order", Warning, "weights that go down", weight_order::check),
    row("unjudged-weight", Warning, "weights that nothing looks at", unjudged_weight::check),
    row("endless-pause", Info, "pauses that only a person ends", endless_pause::check),
    row("missing-template", Error, "analyses whose template does not exist", missing_template::check),
    row("missing-service", Error, "Services that nobody defines", missing_service::check),
    row("route", Error, "routes that do not lead to both Services", route::check),
    row(
        "undeclared-argument",
        Error,
        "arguments that a template uses and does not declare",
        undeclared_argument::check,
    ),
    row(
        "unused-argument",
        Warning,
        "arguments given to templates that do not know them",
        unused_argument::check,
    ),
    row("endless-analysis", Error, "analyses in a step that never end", endless_analysis::check),
    row("condition-type", Error, "conditions that cannot be evaluated", condition_type::check),
    row("no-condition", Warning, "metrics that are judged by nothing", no_condition::check),
    row("comparison", Warning, "what `aviary/compare` cannot judge, or not as one hopes", comparison::check),
    row("no-data", Warning, "what a metric makes of a canary without traffic", no_data::check),
    row("blended-query", Error, "queries that cannot tell the canary from the rest", blended_query::check),
    row("short-window", Warning, "query windows that hold too few scrapes", short_window::check),
    row(
        "disruption-budget",
        Warning,
        "pods that a node drain may take all at once",
        disruption_budget::check,
    ),
    row("drain", Warning, "pods that end before the traffic has left them", drain::check),
    row("readiness", Warning, "pods that count as ready before they are", readiness::check),
    row("security-context", Info, "containers that may run as root", security_context::check),
    row("requests", Info, "containers that ask for no resources", requests::check),
    row(
        "autoscaled-replicas",
        Warning,
        "an autoscaler and a manifest that both scale",
        autoscaled_replicas::check,
    ),
    row("unpinned-check", Warning, "health checks that meet the canary by chance", unpinned_check::check),
    row("verify-once", Warning, "a pipeline that verifies once, and not at every step", verify_once::check),
    row(
        "unconditional-promote",
        Error,
        "a pipeline that promotes without looking",
        unconditional_promote::check,
    ),
    row(
        "abort-on-failure",
        Warning,
        "a pipeline whose failure leaves the canary in place",
        abort_on_failure::check,
    ),
    row("single-region", Error, "fewer regions deployed than verified", single_region::check),
    row("job-setup", Error, "jobs that lack a checkout, credentials or a tool", job_setup::check),
    row("mutable-action", Warning, "actions by a tag that can be moved", mutable_action::check),
    row(
        "long-lived-secret",
        Warning,
        "stored passwords where a short-lived token would do",
        long_lived_secret::check,
    ),
    row("auto-approve", Warning, "infrastructure that changes without review", auto_approve::check),
];
