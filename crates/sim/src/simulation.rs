//! The simulation: a world, what lives in it, and a clock that jumps.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crd::{Rollout, RolloutPhase};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use world::World;

use crate::controller::{Controller, Surroundings, later};
use crate::describe::describe;
use crate::environment::Environment;
use crate::error::Error;
use crate::faults::{Faults, NoFaults};
use crate::kubelet::Kubelet;
use crate::manifests;
use crate::timeline::Timeline;
use crate::traffic::Counters;
use crate::verbs::Verb;

/// Looks at the world after every change.
pub type Probe = Box<dyn FnMut(&World, Timestamp)>;

/// Is told what each pass over a Rollout saw and decided.
pub type Recorder = Box<dyn FnMut(&rollout::Observed, &rollout::Decision, Timestamp)>;

/// Things that happen at one instant before we say that it does not settle.
const BOUND: usize = 20_000;

/// A rollout controller on a simulated cluster, in simulated time.
pub struct Simulation {
    world: World,
    now: Timestamp,
    start: Timestamp,
    environment: Environment,
    counters: Counters,
    controller: Controller,
    kubelet: Kubelet,
    faults: Box<dyn Faults>,
    probe: Option<Probe>,
    recorder: Option<Recorder>,
    verbs: Vec<(Timestamp, String, String, Verb)>,
    timeline: Timeline,
    /// How far the watch log was read.
    read: u64,
    /// When the built-in controllers want to look again.
    world_next: Option<Timestamp>,
}

impl Simulation {
    /// A cluster that holds `manifests`, at the time `start`. Kinds that it does not know are taken as they are.
    pub fn new(manifests: impl IntoIterator<Item = Value>, start: Timestamp) -> Result<Self, Error> {
        let mut world = manifests::world(start)?;
        let read = world.version();
        for manifest in manifests {
            manifests::add(&mut world, manifest, start)?;
        }
        Ok(Self {
            world,
            now: start,
            start,
            environment: Environment::default(),
            counters: Counters::default(),
            controller: Controller::default(),
            kubelet: Kubelet::default(),
            faults: Box::new(NoFaults),
            probe: None,
            recorder: None,
            verbs: Vec::new(),
            timeline: Timeline::new(start),
            read,
            world_next: None,
        })
    }

    /// The same with other nodes, metrics and regions.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// The same with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: impl Faults + 'static) -> Self {
        self.faults = Box::new(faults);
        self.controller.keeps_earlier = true;
        self
    }

    /// The same as a region of a release.
    #[must_use]
    pub fn with_settings(mut self, settings: rollout::Settings) -> Self {
        self.controller.settings = Arc::new(settings);
        self
    }

    /// The same with somebody who looks at the world after every change.
    #[must_use]
    pub fn with_probe(mut self, probe: impl FnMut(&World, Timestamp) + 'static) -> Self {
        self.probe = Some(Box::new(probe));
        self
    }

    /// The same with somebody who is told what each pass over a Rollout saw and decided.
    #[must_use]
    pub fn with_recorder(
        mut self,
        recorder: impl FnMut(&rollout::Observed, &rollout::Decision, Timestamp) + 'static,
    ) -> Self {
        self.recorder = Some(Box::new(recorder));
        self
    }

    /// Other nodes, metrics and regions from now on.
    pub fn environment_mut(&mut self) -> &mut Environment {
        &mut self.environment
    }

    /// Counts the time from now, and forgets what happened before.
    pub fn start_over(&mut self) {
        self.start = self.now;
        self.timeline = Timeline::new(self.now);
    }

    /// Has a user do something, after this much time from the start.
    pub fn at(&mut self, after: Duration, namespace: &str, rollout: &str, verb: Verb) {
        let when = later(self.start, after).max(self.now);
        self.verbs.push((when, namespace.to_owned(), rollout.to_owned(), verb));
        self.verbs.sort_by_key(|(when, ..)| *when);
    }

    /// Has a user do something now.
    pub fn user(&mut self, namespace: &str, rollout: &str, verb: &Verb) -> Result<(), Error> {
        self.timeline.tell(self.now, "user", format!("{} {rollout}", verb.said()));
        let Some(live) = self.rollout(namespace, rollout) else {
            let status = world::Status::not_found("argoproj.io", "rollouts", rollout);
            return Err(Error::Refused { object: format!("Rollout {rollout}"), status });
        };
        for request in verb.requests(&live, self.now) {
            let refused = |status| Error::Refused { object: format!("Rollout {rollout}"), status };
            self.world.handle(&request, self.now).map_err(refused)?;
        }
        self.look();
        Ok(())
    }

    /// Stores a manifest now, as `kubectl create` would.
    pub fn create(&mut self, manifest: Value) -> Result<(), Error> {
        manifests::add(&mut self.world, manifest, self.now)
    }

    /// Sends any request now.
    pub fn handle(&mut self, request: &world::Request) -> Result<world::Response, world::Status> {
        self.world.handle(request, self.now)
    }

    /// Does everything that is due, then jumps to the next time at which something is. `None` when nothing ever will
    /// be; then the clock stays.
    pub fn step(&mut self) -> Option<Timestamp> {
        self.settle();
        let next = self.next()?;
        self.now = next;
        Some(next)
    }

    /// Steps until `reached`, but not beyond `bound` from now.
    pub fn run_until(&mut self, reached: impl Fn(&Self) -> bool, bound: Duration) -> Result<(), Error> {
        let end = later(self.now, bound);
        loop {
            self.settle();
            if reached(self) {
                return Ok(());
            }
            let fail = |why| Err(Error::NotReached { bound, why, timeline: self.timeline.to_string() });
            match self.next() {
                None => return fail("nothing is due any more"),
                Some(next) if next > end => {
                    let refusal = fail("the time is over");
                    self.now = end;
                    return refusal;
                }
                Some(next) => self.now = next,
            }
        }
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, time: Duration) {
        let end = later(self.now, time);
        // That the end is not reached is the purpose.
        drop(self.run_until(|_| false, time));
        // Time passes also when nothing is due.
        self.now = self.now.max(end);
    }

    /// When the next thing is due.
    pub fn next(&self) -> Option<Timestamp> {
        let verb = self.verbs.first().map(|(when, ..)| *when);
        [self.world_next, self.kubelet.next(), self.controller.next(), verb].into_iter().flatten().min()
    }

    /// Whether a user is still to do something.
    pub fn expects_a_user(&self) -> bool {
        !self.verbs.is_empty()
    }

    fn settle(&mut self) {
        for _ in 0..BOUND {
            if !self.act() {
                return;
            }
            self.look();
        }
        self.timeline.tell(self.now, "simulation", "does not settle; the controller waits a second");
        self.controller.put_off(self.now);
    }

    /// Does one thing that is due; tells whether there was one.
    fn act(&mut self) -> bool {
        self.read_log();
        let before = self.world.version();
        self.world_next = self.world.step(self.now).map(|next| next.max(self.now));
        if self.world.version() != before || self.kubelet.act(&mut self.world, &self.environment, self.now) {
            return true;
        }
        if self.verbs.first().is_some_and(|(when, ..)| *when <= self.now) {
            let (_, namespace, rollout, verb) = self.verbs.remove(0);
            if let Err(refusal) = self.user(&namespace, &rollout, &verb) {
                self.timeline.tell(self.now, "user", refusal.to_string());
            }
            return true;
        }
        let mut around = Surroundings {
            world: &mut self.world,
            environment: &self.environment,
            counters: &mut self.counters,
            faults: &mut *self.faults,
            told: Vec::new(),
            probe: &mut self.probe,
            recorder: &mut self.recorder,
            now: self.now,
        };
        let acted = self.controller.act(&mut around);
        let told = around.told;
        // First what changed, then what is said of it.
        self.read_log();
        for (subject, what) in told {
            self.timeline.tell(self.now, subject, what);
        }
        acted
    }

    fn look(&mut self) {
        if let Some(probe) = &mut self.probe {
            probe(&self.world, self.now);
        }
    }

    fn read_log(&mut self) {
        let latest = self.world.version();
        if self.read == latest {
            return;
        }
        for event in self.world.events_after(self.read).into_iter().flatten() {
            for (subject, what) in describe(event) {
                self.timeline.tell(self.now, subject, what);
            }
            self.kubelet.learn(event, &self.environment, self.now);
            self.controller.learn(event, self.now);
        }
        self.read = latest;
    }

    /// The cluster.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.now.duration_since(self.start).unsigned_abs()
    }

    /// What happened.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// A Rollout as it is stored.
    pub fn rollout(&self, namespace: &str, name: &str) -> Option<Rollout> {
        let stored = self.world.object("argoproj.io", "rollouts", namespace, name)?;
        Rollout::deserialize(&**stored).ok()
    }

    /// Whether the Rollout is in this phase, and its status is about its latest form.
    pub fn is_in_phase(&self, namespace: &str, name: &str, phase: RolloutPhase) -> bool {
        self.rollout(namespace, name).is_some_and(|rollout| {
            let generation = rollout.metadata.generation.map(|generation| generation.to_string());
            rollout.status.phase == Some(phase) && Some(rollout.status.observed_generation) == generation
        })
    }

    /// Whether the Rollout is all that it is to be.
    pub fn is_healthy(&self, namespace: &str, name: &str) -> bool {
        self.is_in_phase(namespace, name, RolloutPhase::Healthy)
    }
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("now", &self.now)
            .field("version", &self.world.version())
            .finish_non_exhaustive()
    }
}
