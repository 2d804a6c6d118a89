//! Templates that a Rollout refers to: what makes its spec invalid (spec analysis-01 11).

use std::sync::Arc;

use crd::AnalysisTemplate;
use serde_json::{Value, json};

use crate::harness::{Cluster, yaml};

/// Templates, namespaced unless their name begins with `cluster/`; the strategy; what is wrong, if anything is.
type Row = (&'static str, &'static str, &'static str);

const CANARY: &str = "spec.strategy.canary";
const STEP: &str = "{canary: {steps: [{analysis: {templates: [{templateName: t}]}}]}}";
const STEP_GIVES: &str =
    "{canary: {steps: [{analysis: {templates: [{templateName: t}], args: [{name: a, value: '5'}]}}]}}";
const BACKGROUND: &str = "{canary: {analysis: {templates: [{templateName: t}]}}}";
const TWO: &str = "{canary: {steps: [{analysis: {templates: [{templateName: b, clusterScope: true}, {templateName: a}]}}]}}";

fn message(templates: &str, strategy: &str) -> String {
    let mut cluster = Cluster::new(&json!({"replicas": 1, "strategy": yaml::<Value>(strategy)}).to_string());
    for (name, spec) in yaml::<Value>(templates).as_object().expect("templates by name") {
        let template: AnalysisTemplate = serde_json::from_value(json!({ "spec": spec })).expect("a template");
        let (scope, name) = match name.strip_prefix("cluster/") {
            Some(name) => (&mut cluster.templates.cluster, name),
            None => (&mut cluster.templates.namespaced, name.as_str()),
        };
        scope.insert(name.to_owned(), Arc::new(template));
    }
    let message = cluster.decide().status.map(|status| status.message).unwrap_or_default();
    let told = message.strip_prefix("InvalidSpec: The Rollout \"demo\" is invalid: ").unwrap_or_default();
    told.replace(CANARY, "~")
}

fn check(rows: &[Row]) {
    for (templates, strategy, wanted) in rows {
        assert_eq!(message(templates, strategy), *wanted, "{templates} {strategy}");
    }
}

#[test]
fn every_template_must_exist_before_any_is_looked_at() {
    let twice = "{t: {metrics: [{name: m}, {name: m}]}}";
    check(&[
        ("{}", STEP, "~.steps[0].analysis.templates: Invalid value: \"t\": AnalysisTemplate 't' not found"),
        ("{}", BACKGROUND, "~.analysis.templates: Invalid value: \"t\": AnalysisTemplate 't' not found"),
        (
            "{t: {}}",
            "{canary: {steps: [{analysis: {templates: [{templateName: t, clusterScope: true}]}}]}}",
            "~.steps[0].analysis.templates: Invalid value: \"t\": ClusterAnalysisTemplate 't' not found",
        ),
        (
            "{t: {templates: [{templateName: deep}]}}",
            STEP,
            "spec.templates: Invalid value: \"deep\": AnalysisTemplate 'deep' not found",
        ),
        (
            twice,
            "{canary: {analysis: {templates: [{templateName: t}]}, steps: [{analysis: {templates: [{templateName: gone}]}}]}}",
            "~.steps[0].analysis.templates: Invalid value: \"gone\": AnalysisTemplate 'gone' not found",
        ),
        (
            "{}",
            "{canary: null, blueGreen: {activeService: a, postPromotionAnalysis: {templates: [{templateName: t}]}}}",
            "spec.strategy.blueGreen.postPromotionAnalysis.templates: Invalid value: \"t\": AnalysisTemplate 't' not found",
        ),
        ("{t: {templates: [{templateName: t}]}}", STEP, ""),
    ]);
}

#[test]
fn the_templates_of_an_analysis_must_become_one_run() {
    check(&[
        (
            "{a: {metrics: [{name: m}]}, cluster/b: {metrics: [{name: m}]}}",
            TWO,
            "~.steps[0].analysis.templates: Invalid value: \"templateNames: [a b]\": two metrics have the same name 'm'",
        ),
        (
            "{t: {args: [{name: a}]}}",
            STEP,
            "~.steps[0].analysis.templates: Invalid value: \"templateNames: [t]\": args.a was not resolved",
        ),
        (
            "{t: {args: [{name: a}]}}",
            BACKGROUND,
            "~.analysis.templates: Invalid value: \"templateNames: [t]\": args.a was not resolved",
        ),
        ("{t: {args: [{name: a}]}}", STEP_GIVES, ""),
    ]);
}

#[test]
fn the_rules_of_every_step_are_tried_on_every_analysis_and_those_of_no_other() {
    let rule = "dryRun: [{metricName: foo}]";
    let background = format!("{{canary: {{analysis: {{templates: [{{templateName: t}}], {rule}}}}}}}");
    let switch = format!(
        "{{canary: null, blueGreen: {{activeService: a, prePromotionAnalysis: {{templates: [{{templateName: t}}], {rule}}}}}}}"
    );
    let other = "{canary: {analysis: {templates: [{templateName: t}]}, steps: [
        {analysis: {templates: [{templateName: fine}], dryRun: [{metricName: foo}]}}]}}";
    let templates = format!("{{t: {{{rule}}}, fine: {{}}}}");
    let twice = "~.analysis.templates: Invalid value: \"templateNames: [t]\": two Dry-Run metric rules have the same name 'foo'";
    assert_eq!(message(&templates, other), twice);
    assert_eq!(message(&templates, &background), "");
    assert_eq!(message(&templates, &switch), "");
}

#[test]
fn a_template_of_a_step_or_a_switch_stands_by_itself_and_ends() {
    let of = |why: &str| format!("~.steps[0].analysis.templates: Invalid value: \"t\": {why}");
    let endless = |count: &str| {
        of(&format!(
            "AnalysisTemplate t has metric m which runs indefinitely. Invalid value for count: {count}"
        ))
    };
    let rows = [
        (
            "{t: {args: [{name: a, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]}}",
            STEP,
            of("AnalysisTemplate t: arg 'a' has both Value and ValueFrom fields"),
        ),
        ("{t: {args: [{name: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]}}", STEP, String::new()),
        (
            "{t: {metrics: [{name: m, successCondition: '{{args.b}}'}], templates: [{templateName: other}]},
              other: {args: [{name: b, value: x}]}}",
            STEP,
            of("AnalysisTemplate t: failed to resolve {{args.b}}"),
        ),
        ("{t: {metrics: [{name: m, interval: 1m}]}}", STEP, endless("<nil>")),
        ("{t: {metrics: [{name: m, interval: 1m, count: 0}]}}", STEP, endless("0")),
        (
            "{t: {metrics: [{name: m, interval: 1m, count: '{{args.a}}'}], args: [{name: a}]}}",
            STEP_GIVES,
            endless("dummy-value"),
        ),
        (
            "{t: {metrics: [{name: m, interval: 1m, count: '{{args.a}}'}], args: [{name: a, value: '3'}]}}",
            STEP,
            String::new(),
        ),
        ("{t: {metrics: [{name: m, count: 1, failureLimit: 2}]}}", STEP, String::new()),
        ("{t: {metrics: [{name: m, interval: 1m}]}}", BACKGROUND, String::new()),
        (
            "{t: {metrics: [{name: m, interval: 1m}]}}",
            "{canary: null, blueGreen: {activeService: a, prePromotionAnalysis: {templates: [{templateName: t}]}}}",
            endless("<nil>").replace("~.steps[0].analysis", "spec.strategy.blueGreen.prePromotionAnalysis"),
        ),
        (
            "{cluster/t: {metrics: [{name: m, interval: 1m}]}}",
            "{canary: {steps: [{analysis: {templates: [{templateName: t, clusterScope: true}]}}]}}",
            endless("<nil>"),
        ),
    ];
    for (templates, strategy, wanted) in rows {
        assert_eq!(message(templates, strategy), wanted, "{templates} {strategy}");
    }
}

#[test]
fn an_argument_beside_the_steps_needs_a_value_of_its_own_template_or_the_rollouts() {
    // The run as a whole has a value: the other template's.
    let templates =
        "{t: {args: [{name: a}], templates: [{templateName: other}]}, other: {args: [{name: a, value: x}]}}";
    let gives = |name: &str| {
        format!(
            "{{canary: {{analysis: {{templates: [{{templateName: t}}], args: [{{name: {name}, value: x}}]}}}}}}"
        )
    };
    let at = "~.analysis.templates: Invalid value: \"t\":";
    assert_eq!(message(templates, BACKGROUND), format!("{at} missing analysis arguments in rollout spec"));
    assert_eq!(message(templates, &gives("b")), format!("{at} a"));
    assert_eq!(message(templates, &gives("a")), "");
}

#[test]
fn arguments_of_steps_name_metadata_that_exists() {
    let with = |path: &str| {
        let path = path.replace('\'', "''");
        format!(
            "{{canary: {{steps: [{{analysis: {{templates: [{{templateName: t}}],
               args: [{{name: a, valueFrom: {{fieldRef: {{fieldPath: '{path}'}}}}}}]}}}}]}}}}"
        )
    };
    let why = "Analyses arguments must refer to valid object metadata supported by downwardAPI";
    for path in ["metadata.generation", "metadata.labels['a b']", "metadata.labels.app"] {
        assert!(message("{t: {}}", &with(path)).ends_with(why), "{path}");
    }
    // Whether anything else exists shows when the run is created.
    for path in ["metadata.labels['app']", "metadata.annotations['Upper']", "status.nowhere"] {
        assert_eq!(message("{t: {}}", &with(path)), "", "{path}");
    }
}
