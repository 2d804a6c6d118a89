//! A simulated release that writes a journal, as a controller does.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use aviary_journal::{Entry, Journal, MOST_BYTES, Of, Record, is_news};
use sim::{Simulation, Verb};

const SHOP: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: 'shop:1', env: [{name: MODE, value: plain}]}]}
  strategy:
    canary:
      steps:
      - {setWeight: 25}
      - {pause: {}}
      - analysis: {templates: [{templateName: errors}]}
      - {setWeight: 50}
      - {pause: {duration: 1m}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors}
spec:
  metrics:
  - {name: errors, interval: 30s, count: 3, successCondition: 'result[0] < 1', provider: {prometheus: {address: 'http://p', query: q}}}
";
const HOUR: Duration = Duration::from_secs(3600);

/// The journal of a release in which a person promotes once, of at most so many entries.
pub(crate) fn journal(most: usize) -> Journal {
    let of = Of { namespace: "default".to_owned(), name: "shop".to_owned(), uid: "u".to_owned() };
    let journal = Rc::new(RefCell::new(Journal::new(of)));
    let written = Rc::clone(&journal);
    let mut because = Vec::new();
    let objects: Vec<serde_json::Value> = crd::yaml::from_documents(SHOP).unwrap();
    let simulation = Simulation::new(objects, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
    let mut simulation = simulation.with_recorder(move |observed, decision, time| {
        if is_news(decision, Some(&because)) {
            because.clone_from(&decision.because);
            let record = Record { observed, decision, time, failure: None, missed: 0 };
            written.borrow_mut().append(&record, most);
        }
    });
    let healthy = |simulation: &Simulation| simulation.is_healthy("default", "shop");
    simulation.run_until(healthy, HOUR).unwrap();
    let image = Verb::SetImage { container: "*".into(), image: "shop:2".into() };
    simulation.user("default", "shop", &image).unwrap();
    simulation.run_for(Duration::from_secs(120));
    simulation.user("default", "shop", &Verb::Promote).unwrap();
    simulation.run_until(healthy, HOUR).unwrap();
    drop(simulation);
    let mut journal = Rc::try_unwrap(journal).unwrap().into_inner();
    // What is stored is what is read.
    let bytes = journal.pack(MOST_BYTES).unwrap();
    assert_eq!(Journal::unpack(&bytes).unwrap(), journal);
    journal
}

pub(crate) fn entries(most: usize) -> Vec<Entry> {
    journal(most).entries().unwrap()
}
