//! Whole releases per second: two versions, four steps, three pauses of five minutes, in virtual time.
//!
//! `cargo run --profile dist -p aviary-sim --example releases` prints a line of JSON. Used by `cargo xtask bench sim`.
#![allow(clippy::disallowed_methods)] // a benchmark reads the clock; the simulator never does

use std::error::Error;
use std::time::{Duration, Instant};

use aviary_sim::{Simulation, Verb};
use serde_json::Value;

const ROLLOUT: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: shop:1}]}
  strategy:
    canary:
      steps:
      - {setWeight: 10}
      - {pause: {duration: 5m}}
      - {setWeight: 30}
      - {pause: {duration: 5m}}
      - {setWeight: 60}
      - {pause: {duration: 5m}}
      - {setWeight: 100}
";
const HOUR: Duration = Duration::from_secs(3600);
const LONG_ENOUGH: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let objects: Vec<Value> = crd::yaml::from_documents(ROLLOUT)?;
    let (begun, mut releases) = (Instant::now(), 0_u32);
    while begun.elapsed() < LONG_ENOUGH {
        release(objects.clone())?;
        releases += 1;
    }
    let rate = f64::from(releases) / begun.elapsed().as_secs_f64();
    println!(r#"{{"releases": {releases}, "per_second": {rate:.0}}}"#);
    Ok(())
}

/// The first version is deployed, the second is released.
fn release(objects: Vec<Value>) -> Result<(), Box<dyn Error>> {
    let mut simulation = Simulation::new(objects, "2026-01-31T12:00:00Z".parse()?)?;
    let healthy = |simulation: &Simulation| simulation.is_healthy("default", "shop");
    simulation.run_until(healthy, HOUR)?;
    let image = Verb::SetImage { container: "*".to_owned(), image: "shop:2".to_owned() };
    simulation.user("default", "shop", &image)?;
    simulation.run_until(healthy, HOUR)?;
    Ok(())
}
