//! A simulated release behind the API server in process, with the journal that a controller would have written.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use apiserver::{Clock, Options, Server};
use aviary_cli::{Env, Paint};
use journal::{Journal, MOST_BYTES, Of, Record, is_news};
use sim::{Simulation, Verb};

use crate::{Outcome, called_with, words};

pub(crate) const SHOP: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: shop}
spec:
  replicas: 4
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: shop, image: 'shop:1'}]}
  strategy: {canary: {steps: [{setWeight: 25}, {pause: {}}, {setWeight: 50}, {pause: {duration: 10m}}]}}
";
const HOUR: Duration = Duration::from_secs(3600);

/// A release of `shop:2`, begun at noon.
pub(crate) struct Simulated {
    simulation: Simulation,
    journal: Rc<RefCell<Journal>>,
}

impl Simulated {
    pub(crate) fn release(manifests: &str) -> Self {
        let of = Of { namespace: "default".to_owned(), name: "shop".to_owned(), uid: String::new() };
        let journal = Rc::new(RefCell::new(Journal::new(of)));
        let (written, mut because) = (Rc::clone(&journal), Vec::new());
        let objects: Vec<serde_json::Value> = crd::yaml::from_documents(manifests).unwrap();
        let simulation = Simulation::new(objects, "2026-01-31T12:00:00Z".parse().unwrap()).unwrap();
        let mut simulation = simulation.with_recorder(move |observed, decision, time| {
            if is_news(decision, Some(&because)) {
                because.clone_from(&decision.because);
                let record = Record { observed, decision, time, failure: None, missed: 0 };
                written.borrow_mut().append(&record, 1_000);
            }
        });
        simulation.run_until(|simulation| simulation.is_healthy("default", "shop"), HOUR).unwrap();
        let mut simulated = Self { simulation, journal };
        simulated.does(&Verb::SetImage { container: "*".into(), image: "shop:2".into() });
        simulated
    }

    pub(crate) fn does(&mut self, verb: &Verb) {
        self.simulation.user("default", "shop", verb).unwrap();
    }

    pub(crate) fn passes(&mut self, seconds: u64) {
        self.simulation.run_for(Duration::from_secs(seconds));
    }

    /// The journal so far.
    pub(crate) fn journal(&self) -> Journal {
        self.journal.borrow().clone()
    }

    /// Stores the journal as a controller does.
    pub(crate) fn stores(&mut self, mut journal: Journal) {
        journal.rollout.uid = self.simulation.rollout("default", "shop").unwrap().metadata.uid;
        let bytes = journal.pack(MOST_BYTES).unwrap();
        let (_, object) = journal::stored(&journal.rollout, &bytes);
        self.simulation.create(object).unwrap();
    }

    /// A command that is called now.
    pub(crate) async fn called(&self, line: &str) -> Outcome {
        self.called_as("aviary", line).await
    }

    pub(crate) async fn called_as(&self, program: &str, line: &str) -> Outcome {
        let now = self.simulation.now();
        let clock = Clock::starting_at(now);
        let options = Options { clock, world: self.simulation.world().clone(), ..Options::default() };
        let server = Server::new(options).unwrap();
        let env = Env {
            paint: Paint::Plain,
            columns: None,
            clock: Arc::new(move || now),
            ..Env::of_process(program)
        };
        called_with(&env, &words(line), kube::Client::new(server.service(), "default")).await
    }
}
