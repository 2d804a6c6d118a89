//! The controller as the simulator runs it: which object is looked at when, and one pass over it.

mod pass;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rollout::{Answer, Settings};
use serde_json::Value;
use world::{WatchEvent, WatchEventType, World};

use crate::environment::Environment;
use crate::view::View;

pub(crate) use pass::Surroundings;
use pass::{End, Pass};

/// Namespace and name.
pub(crate) type Name = (String, String);

/// Something that is looked at again and again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Job {
    Run(Name),
    Experiment(Name),
    Rollout(Name),
}

/// How soon to look again when the view is older than our own last write.
const STALE: Duration = Duration::from_millis(100);
/// The wait after the first of several failures; it doubles up to a minute.
const BACKOFF: Duration = Duration::from_secs(1);

/// The controller: what it remembers is lost when it dies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controller {
    due: BTreeMap<Job, Timestamp>,
    failures: BTreeMap<Job, u32>,
    answers: BTreeMap<Name, Vec<Answer>>,
    view: View,
    pub(crate) settings: Arc<Settings>,
    /// Version of our own last write.
    written: u64,
    /// The world before and after the last pass; kept only where views may be stale.
    earlier: Vec<World>,
    pub(crate) keeps_earlier: bool,
}

impl Controller {
    /// Learns of a change: whoever it concerns is due.
    pub(crate) fn learn(&mut self, event: &WatchEvent, now: Timestamp) {
        let name = name(&event.object);
        let gone = event.kind == WatchEventType::Deleted;
        match (&*event.plural, gone) {
            ("rollouts", false) => self.wake(Job::Rollout(name), now),
            ("rollouts", true) => drop(self.due.remove(&Job::Rollout(name))),
            ("analysisruns", _) => {
                if gone {
                    self.due.remove(&Job::Run(name));
                } else {
                    self.wake(Job::Run(name), now);
                }
                self.wake_owner(&event.object, now);
            }
            ("experiments", _) => {
                if gone {
                    self.due.remove(&Job::Experiment(name));
                } else {
                    self.wake(Job::Experiment(name), now);
                }
                self.wake_owner(&event.object, now);
            }
            ("replicasets", _) => self.wake_owner(&event.object, now),
            // Too frequent, and not what a pass reads.
            ("pods" | "events" | "endpoints" | "endpointslices" | "namespaces", _) => {}
            _ => self.wake_neighbours(&name.0, now),
        }
    }

    fn wake(&mut self, job: Job, at: Timestamp) {
        let due = self.due.entry(job).or_insert(at);
        *due = (*due).min(at);
    }

    fn wake_owner(&mut self, object: &Value, now: Timestamp) {
        let owners = object["metadata"]["ownerReferences"].as_array().into_iter().flatten();
        for owner in owners {
            let name = (name(object).0, owner["name"].as_str().unwrap_or_default().to_owned());
            match owner["kind"].as_str() {
                Some("Rollout") => self.wake(Job::Rollout(name), now),
                Some("Experiment") => self.wake(Job::Experiment(name), now),
                _ => {}
            }
        }
    }

    /// Any other object may be read by any Rollout beside it.
    fn wake_neighbours(&mut self, namespace: &str, now: Timestamp) {
        let beside = |job: &&Job| matches!(job, Job::Rollout((place, _)) if place == namespace || namespace.is_empty());
        let jobs: Vec<Job> = self.failures.keys().filter(beside).cloned().collect();
        for job in jobs {
            self.wake(job, now);
        }
    }

    /// When the next pass is due.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }

    /// Puts off everything that is due now.
    pub(crate) fn put_off(&mut self, now: Timestamp) {
        let later = later(now, BACKOFF);
        self.due.values_mut().for_each(|at| *at = (*at).max(later));
    }

    /// Makes one pass over whatever is due; tells whether something was.
    pub(crate) fn act(&mut self, around: &mut Surroundings<'_>) -> bool {
        let now = around.now;
        let Some(job) = self.due.iter().find(|(_, at)| **at <= now).map(|(job, _)| job.clone()) else {
            return false;
        };
        self.due.remove(&job);
        self.failures.entry(job.clone()).or_default();
        if let Some((after, long)) = around.faults.freeze() {
            around.world.freeze_controllers(after, later(now, long));
            let what = format!("stands still for {} s", long.as_secs());
            around.told.push(("kube-controller-manager".to_owned(), what));
        }
        let before = self.keeps_earlier.then(|| around.world.clone());
        let end = if around.faults.stale() { self.stale_pass(&job, around) } else { self.pass(&job, around) };
        self.earlier = before.into_iter().chain(self.keeps_earlier.then(|| around.world.clone())).collect();
        let failures_so_far = self.failures.get(&job).copied().unwrap_or(0);
        match end {
            End::Done(again) => {
                self.failures.insert(job.clone(), 0);
                if let Some(again) = again {
                    self.wake(job, later(now, again));
                }
            }
            End::Stale => self.wake(job, later(now, STALE)),
            End::Conflict => self.wake(job, now),
            End::Failed(why) => {
                around.told.push(("controller".to_owned(), format!("a pass failed: {why}")));
                self.failures.insert(job.clone(), failures_so_far + 1);
                let wait = BACKOFF.saturating_mul(1 << failures_so_far.min(6));
                self.wake(job, later(now, wait));
            }
            End::Crashed => {
                around.told.push(("controller".to_owned(), "died and was started again".to_owned()));
                self.restart(around.world, now);
            }
        }
        true
    }

    fn pass(&mut self, job: &Job, around: &mut Surroundings<'_>) -> End {
        Pass { controller: self, around, snapshot: None }.over(job)
    }

    /// A pass over what was to be seen some time ago, unless we have written since (invariant I6).
    fn stale_pass(&mut self, job: &Job, around: &mut Surroundings<'_>) -> End {
        let earlier = self.earlier.iter().find(|earlier| earlier.version() >= self.written).cloned();
        match earlier {
            Some(earlier) => {
                let end = Pass { controller: self, around, snapshot: Some(earlier) }.over(job);
                // What was not seen yet is seen in the end, and is a reason for a pass then.
                self.wake(job.clone(), later(around.now, STALE));
                end
            }
            None => End::Stale,
        }
    }

    /// Forgets everything and looks at everything.
    fn restart(&mut self, world: &World, now: Timestamp) {
        let fresh =
            Self { settings: self.settings.clone(), keeps_earlier: self.keeps_earlier, ..Self::default() };
        *self = fresh;
        for rollout in world.objects("argoproj.io", "rollouts", "") {
            self.wake(Job::Rollout(name(rollout)), now);
        }
        for run in world.objects("argoproj.io", "analysisruns", "") {
            self.wake(Job::Run(name(run)), now);
        }
        for experiment in world.objects("argoproj.io", "experiments", "") {
            self.wake(Job::Experiment(name(experiment)), now);
        }
    }

    /// Answers what a pass asked; a new answer is a reason for a new pass.
    fn answer(
        &mut self,
        name: &Name,
        questions: &[rollout::Question],
        environment: &Environment,
        now: Timestamp,
    ) {
        let answer = |question: &rollout::Question| match question {
            rollout::Question::WeightVerified { .. } => {
                Answer::Weight { question: question.clone(), verified: Ok(true) }
            }
            rollout::Question::RegionsReached { step, gate, .. } => Answer::Regions {
                question: question.clone(),
                local: if step == gate { (environment.checks)(question, now) } else { None },
                answer: (environment.regions)(question, now),
            },
        };
        let answers: Vec<Answer> = questions.iter().map(answer).collect();
        if answers.is_empty() {
            self.answers.remove(name);
        } else if self.answers.get(name) != Some(&answers) {
            self.answers.insert(name.clone(), answers);
            self.wake(Job::Rollout(name.clone()), now);
        }
    }
}

pub(crate) fn name(object: &Value) -> Name {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

pub(crate) fn later(now: Timestamp, after: Duration) -> Timestamp {
    SignedDuration::try_from(after)
        .ok()
        .and_then(|after| now.checked_add(after).ok())
        .unwrap_or(Timestamp::MAX)
}
