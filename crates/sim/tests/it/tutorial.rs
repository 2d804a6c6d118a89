//! The worked example's own manifests and schedule, in virtual time.

use std::fs;
use std::time::Duration;

use aviary_sim::{Environment, Simulation, Verb, constant, no_data};
use serde_json::Value;

const NAMESPACE: &str = "openclaw";
const ROLLOUT: &str = "openclaw-rating-api";

fn openclaw() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/openclaw");
    ["analysistemplates", "services", "httproute", "rollout", "poddisruptionbudget"]
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(format!("{folder}/rendered/{file}.yaml")).unwrap();
            crd::yaml::from_documents::<Value>(&text).unwrap()
        })
        .collect()
}

/// The first version is out; the second was asked for at the returned time after the start.
fn released(environment: Environment) -> Simulation {
    let mut simulation = Simulation::new(openclaw(), "2026-01-31T12:00:00Z".parse().unwrap())
        .unwrap()
        .with_environment(environment);
    simulation
        .run_until(|simulation| simulation.is_healthy(NAMESPACE, ROLLOUT), Duration::from_secs(600))
        .unwrap();
    let image = Verb::SetImage { container: "*".to_owned(), image: "openclaw/rating-api:1.5.0".to_owned() };
    simulation.user(NAMESPACE, ROLLOUT, &image).unwrap();
    simulation
}

fn weights(simulation: &Simulation) -> Vec<i64> {
    let route =
        simulation.world().object("gateway.networking.k8s.io", "httproutes", NAMESPACE, ROLLOUT).unwrap();
    let backends = route["spec"]["rules"][0]["backendRefs"].as_array().unwrap();
    backends.iter().map(|backend| backend["weight"].as_i64().unwrap()).collect()
}

#[test]
fn a_healthy_release_takes_its_four_steps_in_their_time() {
    let mut simulation = released(Environment::default());
    let began = simulation.now();
    simulation
        .run_until(|simulation| simulation.is_healthy(NAMESPACE, ROLLOUT), Duration::from_secs(3600))
        .unwrap();
    let took = simulation.now().duration_since(began).as_secs();
    // Three pauses of five minutes and three analyses of five readings, 30 s apart.
    assert!((3 * (300 + 120)..3 * (300 + 120) + 120).contains(&took), "{took} s\n{}", simulation.timeline());
    let lines =
        simulation.timeline().entries().iter().filter_map(|entry| entry.what.strip_prefix("canary weight "));
    let expected = ["0 -> 10", "10 -> 30", "30 -> 60", "60 -> 100", "100 -> 0"];
    assert_eq!(lines.collect::<Vec<_>>(), expected, "{}", simulation.timeline());
    assert_eq!(weights(&simulation), [100, 0]);
}

#[test]
fn a_version_with_too_many_errors_is_brought_back() {
    let mut simulation = released(Environment { metrics: constant(0.05), ..Environment::default() });
    let aborted = |simulation: &Simulation| simulation.rollout(NAMESPACE, ROLLOUT).unwrap().status.abort;
    simulation.run_until(aborted, Duration::from_secs(900)).unwrap();
    simulation.run_until(|simulation| weights(simulation) == [100, 0], Duration::from_secs(5)).unwrap();
}

#[test]
fn a_version_without_traffic_is_never_promoted() {
    let mut simulation = released(Environment { metrics: no_data(), ..Environment::default() });
    simulation.run_for(Duration::from_secs(3 * 3600));
    assert_eq!(weights(&simulation), [90, 10], "{}", simulation.timeline());
}
