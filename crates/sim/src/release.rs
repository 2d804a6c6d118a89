//! One update of one Rollout from its beginning to its end, with everything on the way written down.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crd::{AnalysisPhase, AnalysisRun, Rollout, RolloutPhase, names};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use world::World;

use crate::environment::Environment;
use crate::error::Error;
use crate::faults::Faults;
use crate::simulation::Simulation;
use crate::stage::Stage;
use crate::verbs::Verb;

/// How long the first version may take to come up.
const FIRST: Duration = Duration::from_secs(3_600);

/// What is to be released, and what happens on the way. Times are those since the update.
#[derive(Debug)]
pub struct Release {
    /// Namespace of the Rollout.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The new image of all containers.
    pub image: String,
    /// What users do.
    pub deeds: Vec<(Duration, Verb)>,
    /// Whether somebody promotes the release where it waits for a person.
    pub promoted: bool,
    /// When to stop looking.
    pub bound: Duration,
}

/// How a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    /// The new version is stable.
    Completed,
    /// It was given up, and the old version has all traffic.
    Aborted,
    /// It waits for a person.
    Waiting,
    /// It was still going on when nobody looked any more.
    Unfinished,
    /// The controller refuses the Rollout.
    Refused,
}

/// The state after one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// When.
    #[serde(skip)]
    pub at: Timestamp,
    /// Where the Rollout stands.
    pub phase: Option<RolloutPhase>,
    /// The current step, from 0; as many as there are steps at the end.
    pub step: Option<i32>,
    /// How far a blue-green update has come.
    pub stage: Option<Stage>,
    /// The weight that the router was given, or everything for a switched Service; `None` where pods are the weight.
    pub weight: Option<i32>,
    /// Available pods of the new version.
    pub canary_available: i32,
    /// Available pods of all others.
    pub stable_available: i32,
    /// Pods of all versions, whether available or not; ones that are on their way out do not count.
    pub pods: usize,
}

impl Sample {
    /// The share of the traffic that the new version gets, from 0 to 1.
    pub fn share(&self, max_weight: i32) -> f64 {
        let (part, whole) = match self.weight {
            Some(weight) => (weight, max_weight),
            None => (self.canary_available, self.canary_available + self.stable_available),
        };
        f64::from(part) / f64::from(whole.max(1))
    }
}

/// What came of a release.
#[derive(Debug)]
pub struct Course {
    /// The simulation at its end; its timeline begins with the update.
    pub simulation: Simulation,
    /// How it ended.
    pub ending: Ending,
    /// Why, in the controller's words.
    pub message: String,
    /// When the update was made.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Every state on the way.
    pub samples: Vec<Sample>,
    /// Steps at which a person was waited for.
    pub waited: Vec<i32>,
}

impl Release {
    /// Brings the first version up, makes the update, and lets time pass until the release has ended.
    ///
    /// `environment`, which is told when the update is made, and `faults` concern the update; the first version comes
    /// up undisturbed.
    pub fn run(
        &self,
        objects: Vec<Value>,
        start: Timestamp,
        environment: impl FnOnce(Timestamp) -> Result<Environment, Error>,
        faults: impl Faults + 'static,
    ) -> Result<Course, Error> {
        let mut simulation = Simulation::new(objects, start)?;
        let here = |simulation: &Simulation| simulation.rollout(&self.namespace, &self.name);
        if here(&simulation).is_none() {
            let status = world::Status::not_found("argoproj.io", "rollouts", &self.name);
            return Err(Error::Refused {
                object: format!("Rollout {}/{}", self.namespace, self.name),
                status,
            });
        }
        let settled = |simulation: &Simulation| {
            simulation.is_healthy(&self.namespace, &self.name) || self.refused(simulation)
        };
        simulation.run_until(settled, FIRST)?;
        let samples = Rc::new(RefCell::new(Vec::new()));
        let began = simulation.now();
        let mut simulation = simulation.with_environment(environment(began)?).with_faults(faults);
        simulation.start_over();
        let (seen, namespace, name) = (Rc::clone(&samples), self.namespace.clone(), self.name.clone());
        let mut simulation = simulation.with_probe(move |world, at| {
            let mut seen = seen.borrow_mut();
            let sample = sample(world, &namespace, &name, at);
            if seen.last().is_none_or(|last: &Sample| Sample { at, ..last.clone() } != sample) {
                seen.push(sample);
            }
        });
        let update = Verb::SetImage { container: "*".to_owned(), image: self.image.clone() };
        simulation.user(&self.namespace, &self.name, &update)?;
        for (after, verb) in &self.deeds {
            simulation.at(*after, &self.namespace, &self.name, verb.clone());
        }
        let (ending, waited) = self.follow(&mut simulation);
        let message = here(&simulation).map(|rollout| rollout.status.message).unwrap_or_default();
        let took = simulation.now().duration_since(began).unsigned_abs();
        let samples = samples.take();
        Ok(Course { simulation, ending, message, began, took, samples, waited })
    }

    fn follow(&self, simulation: &mut Simulation) -> (Ending, Vec<i32>) {
        let mut waited: Vec<i32> = Vec::new();
        let mut undecided = None;
        loop {
            let left = self.bound.saturating_sub(simulation.elapsed());
            let ended = |simulation: &Simulation| self.ended(simulation).is_some();
            drop(simulation.run_until(ended, left));
            match self.ended(simulation) {
                Some(Ending::Waiting) if self.promoted => {
                    let rollout = simulation.rollout(&self.namespace, &self.name);
                    let here = rollout.as_ref().and_then(place);
                    // A promotion has the question asked again that nobody can answer.
                    if rollout.as_ref().is_some_and(is_undecided) && undecided.replace(here) == Some(here) {
                        return (Ending::Waiting, waited);
                    }
                    waited.extend(here);
                    if simulation.user(&self.namespace, &self.name, &Verb::Promote).is_err() {
                        return (Ending::Waiting, waited);
                    }
                }
                Some(ending) => return (ending, waited),
                None => return (Ending::Unfinished, waited),
            }
        }
    }

    fn ended(&self, simulation: &Simulation) -> Option<Ending> {
        if self.refused(simulation) {
            return Some(Ending::Refused);
        }
        let rollout = simulation.rollout(&self.namespace, &self.name)?;
        let status = &rollout.status;
        let traffic_back = match rollout.blue_green() {
            Some(_) => status.blue_green.active_selector == status.stable_rs,
            None => status.canary.weights.as_ref().is_none_or(|weights| weights.canary.weight == 0),
        };
        if status.abort && simulation.is_in_phase(&self.namespace, &self.name, RolloutPhase::Degraded) {
            return traffic_back.then_some(Ending::Aborted);
        }
        let current = status.stable_rs == status.current_pod_hash && !status.stable_rs.is_empty();
        if current && simulation.is_healthy(&self.namespace, &self.name) {
            return Some(Ending::Completed);
        }
        (!simulation.expects_a_user() && waits_for_a_person(&rollout)).then_some(Ending::Waiting)
    }

    fn refused(&self, simulation: &Simulation) -> bool {
        let rollout = simulation.rollout(&self.namespace, &self.name);
        rollout.is_some_and(|rollout| rollout.status.condition("InvalidSpec").is_some())
    }
}

/// The step of the moment, or the stage.
fn place(rollout: &Rollout) -> Option<i32> {
    let stage = Stage::of(rollout).and_then(|stage| i32::try_from(stage.index()).ok());
    rollout.status.current_step_index.or(stage)
}

/// Whether nothing but a person ends the pause of the moment.
fn waits_for_a_person(rollout: &Rollout) -> bool {
    let status = &rollout.status;
    let measured = status.canary.current_background_analysis_run_status.as_ref();
    if status.phase != Some(RolloutPhase::Paused) || measured.is_some_and(|run| run.status.is_some_and(runs))
    {
        return false;
    }
    let timed = match rollout.blue_green() {
        Some(strategy) => strategy.auto_promotion_enabled != Some(false),
        None => at_timed_pause(rollout),
    };
    rollout.spec.paused || is_undecided(rollout) || !timed
}

fn is_undecided(rollout: &Rollout) -> bool {
    rollout.status.pause_conditions.iter().any(|pause| pause.reason == INCONCLUSIVE)
}

fn at_timed_pause(rollout: &Rollout) -> bool {
    let index = rollout.status.current_step_index.and_then(|index| usize::try_from(index).ok());
    let step = index.and_then(|index| rollout.canary()?.steps.get(index));
    step.and_then(|step| step.pause.as_ref()).is_some_and(|pause| pause.duration.is_some())
}

/// Why a release pauses when it is neither good nor bad.
const INCONCLUSIVE: &str = "InconclusiveAnalysisRun";

fn runs(phase: AnalysisPhase) -> bool {
    !phase.completed()
}

fn sample(world: &World, namespace: &str, name: &str, at: Timestamp) -> Sample {
    let stored = world.object("argoproj.io", "rollouts", namespace, name);
    let rollout = stored.and_then(|stored| Rollout::deserialize(&**stored).ok()).unwrap_or_default();
    let routed = rollout.canary().is_some_and(|canary| canary.traffic_routing.is_some());
    let status = &rollout.status;
    let weight = status.canary.weights.as_ref().map_or(0, |weights| weights.canary.weight);
    let new = status.stable_rs != status.current_pod_hash
        && status.blue_green.active_selector == status.current_pod_hash;
    let switched = if new { 100 } else { 0 };
    let mut sample = Sample {
        at,
        phase: status.phase,
        step: status.current_step_index,
        stage: Stage::of(&rollout),
        weight: if rollout.blue_green().is_some() { Some(switched) } else { routed.then_some(weight) },
        canary_available: 0,
        stable_available: 0,
        pods: world.objects("", "pods", namespace).filter(|pod| stays(pod)).count(),
    };
    for set in world.objects("apps", "replicasets", namespace) {
        let available = set.pointer("/status/availableReplicas").and_then(Value::as_i64).unwrap_or(0);
        let hash = set["metadata"]["labels"][names::POD_TEMPLATE_HASH].as_str().unwrap_or_default();
        let available = i32::try_from(available).unwrap_or(i32::MAX);
        if hash == status.current_pod_hash && hash != status.stable_rs {
            sample.canary_available += available;
        } else {
            sample.stable_available += available;
        }
    }
    sample
}

/// The share of the traffic that the canary has that this run is about, from 0 to 1; half of it where no Rollout owns the
/// run, for then nothing tells.
pub(crate) fn canary_share(world: &World, run: &AnalysisRun) -> f64 {
    let owner = run.metadata.controller().filter(|owner| owner.kind == "Rollout");
    let namespace = run.metadata.namespace.as_str();
    let stored = owner.and_then(|owner| world.object("argoproj.io", "rollouts", namespace, &owner.name));
    let Some(rollout) = stored.and_then(|stored| Rollout::deserialize(&**stored).ok()) else { return 0.5 };
    let most = rollout.canary().and_then(|canary| canary.traffic_routing.as_ref()?.max_traffic_weight);
    sample(world, namespace, &rollout.metadata.name, Timestamp::UNIX_EPOCH).share(most.unwrap_or(100))
}

fn stays(pod: &Value) -> bool {
    pod["metadata"].get("deletionTimestamp").is_none()
}
