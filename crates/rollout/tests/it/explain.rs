//! What a Rollout waits for, in words: each rule where it holds.

use aviary_rollout::{Explanation, Observed, Remedy, Rule, explain, recalled, reconcile};
use crd::{AnalysisRun, RolloutPhase};
use jiff::SignedDuration;
use serde_json::json;

use crate::harness::{Cluster, yaml};

const BASIC: &str = "
replicas: 4
strategy: {canary: {steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 5m}}]}}
";
const ROUTED: &str = "
replicas: 4
strategy: {canary: {steps: [{setWeight: 50}, {pause: {}}], canaryService: canary, stableService: stable,
  trafficRouting: {plugins: {aviary/gateway-api: {httpRoute: route}}}}}
";

fn run(cluster: &mut Cluster, passes: usize) {
    for _ in 0..passes {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        cluster.settle();
    }
}

/// A cluster in which version 2 has come as far as it does by itself.
fn updated(spec: &str) -> Cluster {
    let mut cluster = Cluster::new(spec);
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    run(&mut cluster, 14);
    cluster
}

fn explained(cluster: &Cluster) -> Explanation {
    explain(&cluster.observe(), &cluster.decide(), cluster.now)
}

/// What is awaited: rule, detail, since, until.
fn waits(cluster: &Cluster) -> Vec<String> {
    let text = |why: &Explanation| {
        let row = |wait: &aviary_rollout::Wait| {
            let reason = &wait.reason;
            let time = |word: &str, time: Option<crd::Time>| {
                time.map_or_else(String::new, |time| format!("; {word} {}", &time.to_string()[14..19]))
            };
            let times = time("since", reason.since) + &time("until", reason.until);
            format!("{}: {}{times}", reason.rule, reason.detail)
        };
        why.waits.iter().map(row).collect()
    };
    text(&explained(cluster))
}

fn commands(rule: &str) -> Vec<&'static str> {
    let remedies = Rule::named(rule).expect("a rule").remedies.iter();
    let line = |remedy: &Remedy| match remedy {
        Remedy::Command { line, .. } => Some(*line),
        Remedy::Wait(_) | Remedy::Mend(_) => None,
    };
    remedies.filter_map(line).collect()
}

#[test]
fn a_healthy_rollout_waits_for_nothing() {
    let mut cluster = Cluster::new(BASIC);
    run(&mut cluster, 8);
    let why = explained(&cluster);
    let quiet = Explanation { phase: Some(RolloutPhase::Healthy), ..Explanation::default() };
    assert_eq!(why, quiet);
}

#[test]
fn a_pause_tells_whom_or_how_long_it_waits_for() {
    let mut cluster = updated(BASIC);
    assert_eq!(waits(&cluster), ["pause.wait: step 2 of 4 is a pause without an end; since 00:13"]);
    assert_eq!(commands("pause.wait"), ["promote {name}", "promote {name} --full", "abort {name}"]);
    let why = explained(&cluster);
    let at = why.step.expect("a step");
    assert_eq!((at.number, at.of, at.what.as_str(), why.weight), (2, 4, "pause", None));
    assert_eq!((why.next, why.looks_again), (vec![], None));

    cluster.edit(&json!({"status": {"pauseConditions": null}}));
    run(&mut cluster, 8);
    assert_eq!(waits(&cluster), ["pause.timed: step 4 of 4 is a pause; since 00:27; until 05:27"]);
    let again = explained(&cluster).looks_again.expect("it looks again");
    assert_eq!(again.to_string(), "2026-01-31T12:05:27Z");
}

#[test]
fn a_person_who_holds_it_is_told_first() {
    let mut cluster = updated(BASIC);
    cluster.edit(&json!({"spec": {"paused": true}}));
    run(&mut cluster, 3);
    let rules: Vec<String> =
        waits(&cluster).iter().map(|wait| wait.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(rules, ["spec.paused", "pause.wait", "scale.halted"]);
    cluster.edit(&json!({"spec": {"replicas": 6}}));
    let rules = waits(&cluster).join("\n");
    assert!(
        rules.contains("scaling.paused: spec.replicas changed, but spec.paused holds every size"),
        "{rules}"
    );
}

#[test]
fn pods_that_do_not_come_are_counted_with_the_deadline_that_they_have() {
    let mut cluster = Cluster::new(BASIC);
    run(&mut cluster, 8);
    cluster.broken.insert("demo:v2".to_owned());
    cluster.set_image("demo:v2");
    run(&mut cluster, 8);
    let name = cluster.sets[1].metadata.name.clone();
    let pods = format!("pods.new: 0 of 1 pods of ReplicaSet {name} are available");
    assert_eq!(waits(&cluster), [format!("{pods}; since 00:12; until 10:12")]);

    cluster.sets[1].status.conditions.push(yaml(
        "{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: 'exceeded quota: pods'}",
    ));
    assert!(
        waits(&cluster)[0].contains("; pods cannot be made: exceeded quota: pods;"),
        "{:?}",
        waits(&cluster)
    );

    cluster.now += SignedDuration::from_mins(11);
    run(&mut cluster, 2);
    let told = waits(&cluster);
    let name = &cluster.sets[1].metadata.name;
    assert_eq!(
        told[0],
        format!("progress.deadline: ReplicaSet \"{name}\" has timed out progressing.; since 11:16")
    );
}

#[test]
fn pods_of_the_stable_version_and_pods_that_end_are_awaited_too() {
    let mut cluster = updated(BASIC);
    cluster.sets[0].status.available_replicas -= 1;
    cluster.sets[1].status.replicas += 2;
    let told = waits(&cluster).join("\n");
    let (stable, new) = (&cluster.sets[0].metadata.name, &cluster.sets[1].metadata.name);
    assert!(
        told.contains(&format!("pods.stable: 2 of 3 pods of ReplicaSet {stable} are available")),
        "{told}"
    );
    assert!(told.contains(&format!("pods.old: 2 pods of ReplicaSet {new} to end")), "{told}");
}

#[test]
fn an_aborted_update_says_why_and_how_to_go_on() {
    let mut cluster = updated(BASIC);
    cluster.edit(&json!({"status": {"abort": true}}));
    run(&mut cluster, 6);
    assert_eq!(waits(&cluster), ["update.aborted: Rollout aborted update to revision 2; since 00:22"]);
    let lines = ["undo {name}", "retry rollout {name}", "set image {name} CONTAINER=IMAGE"];
    assert_eq!(commands("update.aborted"), lines);
}

#[test]
fn an_aborted_version_keeps_its_pods_until_stable_is_whole_and_then_for_a_while() {
    let mut cluster = updated(ROUTED);
    cluster.edit(&json!({"status": {"abort": true}}));
    cluster.sets[0].status.available_replicas = 3;
    let rules = waits(&cluster).join("\n");
    assert!(
        rules.contains("abort.stable: the aborted version stays until the stable one is whole"),
        "{rules}"
    );
    run(&mut cluster, 6);
    let told = waits(&cluster);
    assert_eq!(told.last().unwrap(), "abort.drain: the aborted version keeps 2 pods; until 00:53");
}

#[test]
fn an_unseen_split_names_the_weight_and_what_it_holds_up() {
    let mut cluster = Cluster::new(ROUTED);
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    let told = loop {
        let decision = cluster.decide();
        cluster.carry_out(&decision);
        let told = explain(&cluster.observe(), &decision, cluster.now);
        if told.waits.iter().any(|wait| wait.reason.rule == "traffic.verify") {
            break told;
        }
        cluster.settle();
    };
    assert_eq!(told.waits[0].reason.detail, "weight 50 is written, and not seen yet");
    assert_eq!(told.waits[0].about, "waits until the split is seen at the router");
    let patch = "patch HTTPRoute route: ";
    assert!(
        told.next.iter().any(|next| next.starts_with(patch) && next.contains("weight")),
        "{:?}",
        told.next
    );
}

#[test]
fn old_pods_are_kept_for_a_while_after_a_promotion() {
    let mut cluster = updated(ROUTED);
    cluster.edit(&json!({"status": {"promoteFull": true, "pauseConditions": null}}));
    run(&mut cluster, 6);
    let name = &cluster.sets[0].metadata.name;
    let told = waits(&cluster);
    assert!(
        told[0].starts_with(&format!("scale.drain: ReplicaSet {name} keeps 4 pods; until 00:5")),
        "{told:?}"
    );
}

#[test]
fn a_switch_tells_whom_or_how_long_it_waits_for() {
    let spec =
        |more: &str| format!("{{replicas: 2, strategy: {{blueGreen: {{activeService: active, {more}}}}}}}");
    let detail = "the new version is there, and the active Service not switched to it";
    let cluster = updated(&spec("autoPromotionEnabled: false"));
    assert!(
        waits(&cluster)[0].starts_with(&format!("switch.wait: {detail}; since 00:")),
        "{:?}",
        waits(&cluster)
    );
    assert_eq!(commands("switch.wait"), ["promote {name}", "abort {name}"]);
    let cluster = updated(&spec("autoPromotionSeconds: 600"));
    let told = waits(&cluster);
    assert!(told[0].starts_with(&format!("switch.timed: {detail}; since 00:")), "{told:?}");
    assert!(told[0].contains("; until 10:"), "{told:?}");
    assert_eq!(commands("switch.timed"), ["promote {name} --full", "abort {name}"]);
}

#[test]
fn what_cannot_be_carried_out_is_told_with_the_field() {
    let mut cluster = Cluster::new("{replicas: -1, strategy: {canary: {}}}");
    let detail = "spec.invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0";
    assert_eq!(waits(&cluster), [detail]);
    run(&mut cluster, 1);
    assert_eq!(waits(&cluster), [format!("{detail}; since 00:00")]);
    assert_eq!(explained(&cluster).phase, Some(RolloutPhase::Degraded));

    let mut cluster = Cluster::new("strategy: {canary: {}}");
    run(&mut cluster, 1);
    assert_eq!(waits(&cluster), ["replicas.default: spec.replicas is absent: writing 1"]);
    assert_eq!(explained(&cluster).next, ["patch Rollout demo: spec.replicas = 1"]);
    cluster.rollout.metadata.deletion_timestamp = Some(cluster.now.into());
    let gone = "rollout.deleted: it is being deleted, and nothing more is done for it; since 00:01";
    assert_eq!(waits(&cluster), [gone]);
}

#[test]
fn an_analysis_tells_how_far_it_is() {
    let spec =
        "{replicas: 1, strategy: {canary: {steps: [{analysis: {templates: [{templateName: errors}]}}]}}}";
    let mut cluster = Cluster::new(spec);
    let metric = "{name: errors, interval: 30s, count: 5, provider: {web: {url: x}}}";
    let template = yaml(&format!("{{metadata: {{name: errors}}, spec: {{metrics: [{metric}]}}}}"));
    cluster.templates.namespaced.insert("errors".to_owned(), std::sync::Arc::new(template));
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    run(&mut cluster, 6);
    let run: &mut AnalysisRun = cluster.runs.last_mut().expect("a run");
    run.status = yaml(
        "{phase: Running, startedAt: 2026-01-31T12:00:12Z, metricResults: [{name: errors, count: 3, failed: 1}]}",
    );
    let name = run.metadata.name.clone();
    let wait = format!("analysis.wait: AnalysisRun {name} measures: errors 3 of 5 (1 failed); since 00:12");
    assert_eq!(waits(&cluster), [wait]);
}

const GATED: &str = "
replicas: 1
strategy: {canary: {steps: [{plugin: {name: aviary/region-gate, config: {group: api, timeout: 15m, regions: [us, eu]}}}]}}
";

#[test]
fn who_only_reads_the_cluster_explains_a_gate_as_the_controller_heard_of_it() {
    use aviary_rollout::{Answer, RegionsAnswer};
    let mut cluster = Cluster::new(GATED);
    run(&mut cluster, 8);
    cluster.set_image("demo:v2");
    run(&mut cluster, 6);
    let question = cluster.decide().questions.remove(0);
    let answer = RegionsAnswer::Waiting { summary: "eu is at step 1".to_owned() };
    cluster.answers = vec![Answer::Regions { question, local: Some(Ok(())), answer }];
    run(&mut cluster, 4);
    let known = explained(&cluster);
    assert_eq!(known.waits[0].reason.detail, "eu is at step 1");

    cluster.answers.clear();
    let mut outside: Observed = cluster.observe();
    outside.answers = recalled(&outside, cluster.now);
    assert_eq!(explain(&outside, &reconcile(&outside, cluster.now), cluster.now), known);
    assert_eq!(
        known.waits[0].reason.until.map(|until| until.to_string()[14..19].to_owned()).as_deref(),
        Some("15:10")
    );
}

#[test]
fn whatever_a_pass_says_stands_in_the_table() {
    let mut cluster = updated(ROUTED);
    for patch in [
        json!({"spec": {"restartAt": "2026-01-31T12:00:30Z"}}),
        json!({"spec": {"restartAt": "2026-01-31T13:00:00Z"}}),
        json!({"status": {"abort": true}}),
        json!({"status": {"abort": false}}),
        json!({"spec": {"replicas": 2}}),
    ] {
        cluster.edit(&patch);
        for _ in 0..12 {
            for reason in &cluster.decide().because {
                assert!(Rule::named(reason.rule).is_some(), "{}", reason.rule);
                assert!(!reason.detail.is_empty());
            }
            run(&mut cluster, 1);
        }
    }
}

#[test]
fn what_was_seen_can_be_written_down_and_read_again() {
    for spec in [BASIC, ROUTED, GATED] {
        let cluster = updated(spec);
        let observed = cluster.observe();
        let text = serde_json::to_string(&observed).expect("JSON");
        let read: Observed = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read, observed);
        assert_eq!(reconcile(&read, cluster.now), cluster.decide());
    }
}
