//! Golden traces: one row per reconcile (fixtures/rollout/traces, transcribed from the specification).

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use aviary_rollout::Decision;
use crd::names;
use serde_json::{Value, json};

use crate::harness::Cluster;
use crate::vectors::report;

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rollout/traces").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs a trace and compares every row.
fn check(name: &str) {
    let text = fixture(&format!("{name}.md"));
    let spec = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a spec");
    let mut trace = Trace { cluster: Cluster::new(spec), image: 1, last: String::new() };
    let mut wrong = String::new();
    for line in text.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", command, ..] => trace.command(command.trim_matches('*')),
            [_, "unchanged", ..] => {
                let before = trace.last.clone();
                let (row, events) = trace.pass();
                if row != before || events != "-" {
                    let _ = writeln!(wrong, "{line}\n  got {row} | {events}\n  was {before}");
                }
            }
            [_, expected @ .., expected_events] => {
                let (row, events) = trace.pass();
                let expected_events =
                    expected_events.trim_start_matches("RolloutAddedToInformer").trim_start();
                if row != expected.join(" | ") || events != expected_events {
                    let number = cells[0];
                    let expected = expected.join(" | ");
                    let _ = writeln!(
                        wrong,
                        "{number}\n  want {expected} | {expected_events}\n  got  {row} | {events}"
                    );
                }
            }
            _ => panic!("not a row: {line}"),
        }
    }
    // The traces' own deviations stand in their files, in a paragraph that begins so and then names the invariant.
    let deviation = text.split("\nDeviation ").nth(1).and_then(|rest| rest.split("\n\n").next());
    let deviation = deviation.map(|why| why.split_once("): ").map_or(why, |(_invariant, why)| why));
    let held = deviation.map_or("passed", |_| "deviates");
    let outcome = if wrong.is_empty() { held } else { "failed" };
    report(name, outcome, deviation.unwrap_or_default());
    assert!(wrong.is_empty(), "{name} differs:\n{wrong}");
}

struct Trace {
    cluster: Cluster,
    image: u32,
    last: String,
}

impl Trace {
    fn pass(&mut self) -> (String, String) {
        let decision = self.cluster.decide_with_instant_router();
        self.cluster.carry_out(&decision);
        let row = self.row();
        self.cluster.settle();
        self.last.clone_from(&row);
        (row, events(&decision))
    }

    fn command(&mut self, command: &str) {
        let (who, what) = command.split_once(": ").expect("who: what");
        match (who, what) {
            ("spec", "image changed back to the first") => self.cluster.set_image("demo:v1"),
            ("spec", change) if change.starts_with("image changed") => {
                self.image += 1;
                let image = format!("demo:v{}", self.image);
                if change.contains("stay unavailable") {
                    self.cluster.broken.insert(image.clone());
                }
                self.cluster.set_image(&image);
            }
            (_, settings) => {
                for setting in settings.trim_end_matches(" at creation").split(", ") {
                    let (member, value) = setting.split_once('=').expect("path=value");
                    let path = if who == "spec" { format!("spec.{member}") } else { member.to_owned() };
                    let value: Value = serde_json::from_str(value).expect("a value");
                    let change = path.rsplit('.').fold(value, |inner, member| json!({ member: inner }));
                    self.cluster.edit(&change);
                }
                if settings.ends_with(" at creation") {
                    self.cluster.rollout.metadata.generation = Some(1);
                }
            }
        }
    }

    fn version(&self, hash: &str) -> String {
        let set = self.cluster.sets.iter().find(|set| set.hash() == hash);
        let image = set.and_then(|set| set.spec.template.images().next());
        image.map_or("-".to_owned(), |image| image.trim_start_matches("demo:").to_owned())
    }

    fn row(&self) -> String {
        let status = &self.cluster.rollout.status;
        let sets: Vec<String> = self
            .cluster
            .sets
            .iter()
            .map(|set| {
                let deadline =
                    set.metadata.annotation(names::SCALE_DOWN_DEADLINE).map_or("", |_| " deadline");
                let revision = set.metadata.annotation(names::REVISION).unwrap_or("-");
                format!("{}(rev {revision})={}{deadline}", self.version(set.hash()), set.replicas())
            })
            .collect();
        let services: Vec<String> = self
            .cluster
            .services
            .iter()
            .map(|(name, service)| format!("{name}:{}", self.version(service.selected_hash())))
            .collect();
        let weights = status.canary.weights.as_ref();
        let weights = weights.map(|weights| format!("{}/{}", weights.canary.weight, weights.stable.weight));
        let index = status.current_step_index.map_or("-".to_owned(), |index| index.to_string());
        // A fresh Rollout is shown with its first version although nothing is recorded yet.
        let current = self.version(&status.current_pod_hash);
        let stable = self.version(&status.stable_rs);
        let pauses: Vec<&str> = status.pause_conditions.iter().map(|pause| pause.reason.as_str()).collect();
        let mut pause = pauses.join(" ");
        if status.controller_pause {
            pause = format!("{pause} (controllerPause)").trim_start().to_owned();
        }
        let conditions: Vec<String> = status.conditions.iter().map(condition).collect();
        let phase = match (status.phase, status.message.as_str()) {
            (None, _) => "-".to_owned(),
            (Some(phase), "") => phase.as_str().to_owned(),
            (Some(phase), message) => format!("{}, {message}", phase.as_str()),
        };
        [
            sets.join(", "),
            or_dash(services.join(" ")),
            weights.unwrap_or("-".to_owned()),
            format!("cur {current} stable {stable} idx {index}"),
            or_dash(pause),
            conditions.join(", "),
            phase,
        ]
        .join(" | ")
    }
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

fn condition(condition: &crd::Condition) -> String {
    let short = match condition.kind.as_str() {
        "Available" => "Avail",
        "Completed" => "Compl",
        "Progressing" => "Prog",
        other => other,
    };
    let value = &condition.status[..1];
    if short == "Prog" { format!("Prog={value}/{}", condition.reason) } else { format!("{short}={value}") }
}

fn events(decision: &Decision) -> String {
    or_dash(decision.events.iter().map(|event| event.reason).collect::<Vec<_>>().join(" "))
}

macro_rules! traces {
    ($($test:ident: $name:literal,)*) => { $(#[test] fn $test() { check($name); })* };
}

traces! {
    t1_basic_canary_first_deploy_update_and_resume: "T1",
    t2_routed_canary_update_abort_retry_and_full_promotion: "T2",
    t3_blue_green_update_resume_and_fast_rollback: "T3",
    t4_basic_canary_abort_while_paused_then_back_to_stable: "T4",
    t5_dynamic_stable_scale_drains_step_by_step_on_abort: "T5",
    t6_dynamic_stable_scale_completes: "T6",
    t7_routed_canary_superseded_by_a_third_version: "T7",
    t8_basic_canary_scaled_while_paused: "T8",
    t9_blue_green_with_a_small_preview_aborted_and_retried: "T9",
    t10_new_pods_that_never_become_available: "T10",
    t11_created_paused_and_unpaused: "T11",
    t12_rollback_within_the_window: "T12",
    t13_set_canary_scale_with_traffic_routing: "T13",
}
