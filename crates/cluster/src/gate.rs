//! Answers to [`Question::RegionsReached`]: this region's own checks, the peers' beacons, and the verdict over both.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use regions::Target;
use regions::gate::{self, GateConfig, Heard};
use rollout::{Answer, Question, RegionsAnswer};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use crate::cache::Name;
use crate::clock::Clock;
use crate::outside::Outside;
use crate::peers::Peers;
use crate::queue::Queue;
use crate::settings::Settings;

/// How long a peer may take to answer before it counts as silent.
const PEER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long this region's own checks may take together when the configuration sets no bound.
const CHECK_DEADLINE: Duration = Duration::from_secs(60);

/// The gates that Rollouts stand at, or will stand at.
#[derive(Clone)]
pub(crate) struct Gates(Arc<Inner>);

struct Inner {
    gates: Mutex<BTreeMap<Name, Gate>>,
    queue: Arc<Queue<Name>>,
    peers: Peers,
    region: String,
    clock: Clock,
    outside: Arc<dyn Outside>,
    tasks: TaskTracker,
}

/// What was asked for one Rollout, and what is known of the answer.
struct Gate {
    question: Question,
    answer: Option<Answer>,
    /// When the last look ended; `None` while one is under way.
    looked: Option<Instant>,
}

/// One look: everything that it needs, none of it shared.
struct Look {
    name: Name,
    question: Question,
    release: String,
    gate: i32,
    at_gate: bool,
    config: GateConfig,
}

impl Gates {
    pub(crate) fn new(
        queue: Arc<Queue<Name>>,
        peers: Peers,
        settings: &Settings,
        tasks: TaskTracker,
    ) -> Self {
        let (region, clock) = (settings.region.clone(), settings.clock);
        let outside = Arc::clone(&settings.outside);
        Self(Arc::new(Inner { gates: Mutex::default(), queue, peers, region, clock, outside, tasks }))
    }

    /// The answers for a Rollout that are known by now.
    pub(crate) fn answers(&self, name: &Name) -> Vec<Answer> {
        let gates = self.0.gates.lock();
        gates.get(name).and_then(|gate| gate.answer.clone()).into_iter().collect()
    }

    /// Takes what a pass asked. A question that is being looked into, or was answered less than an interval ago, is
    /// left alone: the pass asks again.
    pub(crate) fn ask(&self, name: &Name, questions: Vec<Question>) {
        let asked =
            questions.into_iter().find(|question| matches!(question, Question::RegionsReached { .. }));
        let Some(question) = asked else { return self.forget(name) };
        let Some(look) = self.begin(name, question) else { return };
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(async move {
            let answer = inner.look(&look).await;
            inner.end(&look, answer);
        });
    }

    /// Drops what is known of a Rollout that is gone or past its gates.
    pub(crate) fn forget(&self, name: &Name) {
        self.0.gates.lock().remove(name);
    }

    /// Marks a look as under way, unless there is no reason for one.
    fn begin(&self, name: &Name, question: Question) -> Option<Look> {
        let Question::RegionsReached { release, step, gate, config, .. } = &question else { return None };
        let config = match GateConfig::parse(config) {
            Ok(config) => config,
            Err(error) => {
                self.refuse(name, question, error.to_string());
                return None;
            }
        };
        let mut gates = self.0.gates.lock();
        if let Some(known) = gates.get_mut(name).filter(|known| known.question == question) {
            let interval = config.interval.unwrap_or(gate::INTERVAL);
            // A little early is on time: the pass comes when the interval is over, give or take the timer's grain.
            known.looked.filter(|looked| looked.elapsed() + interval / 4 >= interval)?;
            known.looked = None;
        } else {
            gates.insert(name.clone(), Gate { question: question.clone(), answer: None, looked: None });
        }
        let (release, gate, at_gate) = (release.clone(), *gate, step == gate);
        Some(Look { name: name.clone(), question, release, gate, at_gate, config })
    }

    /// Answers a question whose configuration makes no sense: the release ends, with the reason.
    fn refuse(&self, name: &Name, question: Question, problem: String) {
        let answer = RegionsAnswer::Failed { summary: problem };
        let answer = Answer::Regions { question: question.clone(), local: None, answer };
        let mut gates = self.0.gates.lock();
        if gates.get(name).is_none_or(|known| known.question != question) {
            gates.insert(name.clone(), Gate { question, answer: Some(answer), looked: Some(Instant::now()) });
            self.0.queue.add(name.clone());
        }
    }
}

impl Inner {
    async fn look(&self, look: &Look) -> Answer {
        let (local, peers) = tokio::join!(self.check(look), self.hear(look));
        let question = gate::Question {
            release: &look.release,
            gate: look.gate,
            at_gate: look.at_gate,
            local: local.as_ref(),
        };
        let answer = match gate::verdict(&look.config, &question, &peers, self.clock.now()) {
            gate::Answer::Passed(summary) => RegionsAnswer::Passed { summary },
            gate::Answer::Waiting(summary) => RegionsAnswer::Waiting { summary },
            gate::Answer::Failed(summary) => RegionsAnswer::Failed { summary },
            gate::Answer::Partitioned(summary) => RegionsAnswer::Partitioned { summary },
        };
        Answer::Regions { question: look.question.clone(), local, answer }
    }

    /// This region's own checks, made only at the gate. Checks that held once are not repeated at the same gate.
    async fn check(&self, look: &Look) -> Option<Result<(), String>> {
        if !look.at_gate {
            return None;
        }
        if look.config.checks.is_empty() || self.held_before(look) {
            return Some(Ok(()));
        }
        Some(self.run_checks(look).await)
    }

    fn held_before(&self, look: &Look) -> bool {
        let gates = self.gates.lock();
        let answer = gates.get(&look.name).filter(|known| known.question == look.question);
        matches!(
            answer.and_then(|known| known.answer.as_ref()),
            Some(Answer::Regions { local: Some(Ok(())), .. })
        )
    }

    async fn run_checks(&self, look: &Look) -> Result<(), String> {
        let Some(endpoint) = look.config.endpoints.get(&self.region) else {
            return Err(format!(
                "config.endpoints has no address for region {:?}; add one, or start the controller with --region",
                self.region
            ));
        };
        let deadline = look.config.timeout.unwrap_or(CHECK_DEADLINE);
        let checks = look.config.checks.iter().map(|check| check.of_release(&look.release)).collect();
        let target = Target { checks, deadline };
        let report = match timeout(deadline, self.outside.check(&self.region, endpoint, &target)).await {
            Ok(report) => report.map_err(|error| error.to_string())?,
            Err(_) => {
                let address = &endpoint.address;
                return Err(format!("the checks of {address} did not end within {} s", deadline.as_secs()));
            }
        };
        let failed = report.checks.iter().find_map(|check| Some((&check.name, check.failure.as_ref()?)));
        failed.map_or(Ok(()), |(name, failure)| Err(format!("{name}: {failure}")))
    }

    async fn hear(&self, look: &Look) -> BTreeMap<String, Heard> {
        let namespace = &look.name.0;
        let beacons = look.config.peers(&self.region).map(|region| async move {
            let heard =
                match timeout(PEER_TIMEOUT, self.peers.beacon(region, namespace, &look.config.group)).await {
                    Ok(heard) => heard.map_err(|error| error.to_string()),
                    Err(_) => Err(format!("no answer within {} s", PEER_TIMEOUT.as_secs())),
                };
            (region.to_owned(), heard)
        });
        join_all(beacons).await.into_iter().collect()
    }

    /// Keeps the answer, unless something else has been asked meanwhile, and wakes the Rollout if it is news.
    fn end(&self, look: &Look, answer: Answer) {
        let mut gates = self.gates.lock();
        let Some(known) = gates.get_mut(&look.name).filter(|known| known.question == look.question) else {
            return;
        };
        known.looked = Some(Instant::now());
        if known.answer.as_ref() != Some(&answer) {
            known.answer = Some(answer);
            self.queue.add(look.name.clone());
        }
    }
}
