//! `fixtures/scenarios/*.yaml` against `*.timeline`; `UPDATE=1` rewrites the latter.

use std::fs;
use std::path::PathBuf;

use aviary_sim::Scenario;

#[test]
fn every_scenario_has_the_timeline_that_is_recorded_for_it() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/scenarios"));
    let mut scenarios: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    scenarios.sort();
    assert!(scenarios.len() >= 5, "{scenarios:?}");
    let mut differ = Vec::new();
    for path in scenarios {
        let scenario = Scenario::parse(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|why| panic!("{path:?}: {why}"));
        let found = scenario.run().unwrap().timeline().to_string();
        let recorded = path.with_extension("timeline");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&recorded, &found).unwrap();
        }
        if fs::read_to_string(&recorded).unwrap_or_default() != found {
            differ.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(differ.is_empty(), "UPDATE=1 records these:\n{}", differ.join("\n"));
}

#[test]
fn time_passes_also_when_nothing_is_due() {
    let start = "2026-01-31T12:00:00Z".parse().unwrap();
    let mut simulation = aviary_sim::Simulation::new(Vec::new(), start).unwrap();
    simulation.run_for(std::time::Duration::from_secs(90));
    assert_eq!(simulation.elapsed(), std::time::Duration::from_secs(90));
}
