//! One pass: observe, decide, act, ask, tell, and write the status last.

use std::collections::BTreeMap;
use std::time::Duration;

use crd::{AnalysisRun, Kind, ObjectKey};
use jiff::Timestamp;
use rollout::analysis::{self, RunDecision};
use rollout::experiment::{self, Refusal};
use rollout::{Action, Decision};
use world::{Request, Response, Status, World};

use super::{Controller, Job, Name};
use crate::environment::Environment;
use crate::faults::{Fault, Faults};
use crate::gather::{gather, gather_experiment};
use crate::metrics::Systems;
use crate::release::canary_share;
use crate::requests::{is_success, request, status_request};
use crate::simulation::{Probe, Recorder};
use crate::traffic::Counters;

/// What a pass works on.
pub(crate) struct Surroundings<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) environment: &'a Environment,
    pub(crate) counters: &'a mut Counters,
    pub(crate) faults: &'a mut dyn Faults,
    /// What the controller tells of this pass: subject and text.
    pub(crate) told: Vec<(String, String)>,
    pub(crate) probe: &'a mut Option<Probe>,
    pub(crate) recorder: &'a mut Option<Recorder>,
    pub(crate) now: Timestamp,
}

/// How a pass ended.
pub(super) enum End {
    /// As it should; look again after this time.
    Done(Option<Duration>),
    /// Its view was too old.
    Stale,
    /// Somebody else was quicker.
    Conflict,
    /// The API refused.
    Failed(String),
    /// The controller died.
    Crashed,
}

pub(super) struct Pass<'a, 'w> {
    pub(super) controller: &'a mut Controller,
    pub(super) around: &'a mut Surroundings<'w>,
    /// What is seen instead of the world.
    pub(super) snapshot: Option<World>,
}

impl Pass<'_, '_> {
    pub(super) fn over(mut self, job: &Job) -> End {
        let end = match job {
            Job::Rollout(name) => self.rollout(name),
            Job::Run(name) => self.run(name),
            Job::Experiment(name) => self.experiment(name),
        };
        end.unwrap_or_else(|end| end)
    }

    fn rollout(&mut self, name: &Name) -> Result<End, End> {
        let answers = self.controller.answers.get(name).cloned().unwrap_or_default();
        let seen = self.snapshot.as_ref().unwrap_or(self.around.world);
        let settings = self.controller.settings.clone();
        let Some(observed) = gather(seen, &mut self.controller.view, (&name.0, &name.1), answers, &settings)
        else {
            return Ok(End::Done(None));
        };
        let decision = rollout::reconcile(&observed, self.around.now);
        if let Some(recorder) = self.around.recorder {
            recorder(&observed, &decision, self.around.now);
        }
        let Decision { actions, events, status, questions, requeue_after, because: _ } = decision;
        let key = ObjectKey::new(Kind::ROLLOUT, &*name.0, &*name.1);
        let mut version = observed.rollout.metadata.resource_version.clone();
        for action in &actions {
            if let Some(written) = self.act(action)?
                && of(action) == &key
            {
                version = written;
            }
        }
        self.controller.answer(name, &questions, self.around.environment, self.around.now);
        for event in events {
            let what = format!("{} {}", event.reason, event.message);
            self.around.told.push((format!("Rollout {}", name.1), what));
        }
        if let Some(patch) =
            status.and_then(|status| rollout::status_patch(&observed.rollout.status, &status))
        {
            self.write(&status_request(&key, patch, &version))?;
        }
        Ok(End::Done(requeue_after))
    }

    fn run(&mut self, name: &Name) -> Result<End, End> {
        let seen = self.snapshot.as_ref().unwrap_or(self.around.world);
        let stored = seen.object("argoproj.io", "analysisruns", &name.0, &name.1);
        let Some(run) = stored.and_then(|run| self.controller.view.analysis_runs.read(run)) else {
            return Ok(End::Done(None));
        };
        let RunDecision { status, events, requeue_after, delete, trimmed: _, because: _ } = self.judge(&run);
        let key = ObjectKey::new(Kind::ANALYSIS_RUN, &*name.0, &*name.1);
        if delete {
            self.act(&Action::Delete { key, uid: run.metadata.uid.clone() })?;
            return Ok(End::Done(None));
        }
        if let Some(patch) = status.and_then(|status| analysis::status_patch(&run.status, &status)) {
            self.write(&status_request(&key, patch, &run.metadata.resource_version))?;
        }
        for event in events {
            let what = format!("{} {}", event.reason, event.message);
            self.around.told.push((format!("AnalysisRun {}", name.1), what));
        }
        Ok(End::Done(requeue_after))
    }

    /// What the API refuses for good is an observation: the pass is made again with it.
    fn experiment(&mut self, name: &Name) -> Result<End, End> {
        let mut refused = BTreeMap::new();
        loop {
            let seen = self.snapshot.as_ref().unwrap_or(self.around.world);
            let settings = self.controller.settings.clone();
            let observed = gather_experiment(seen, &mut self.controller.view, (&name.0, &name.1), &settings);
            let Some(mut observed) = observed else { return Ok(End::Done(None)) };
            observed.refused.clone_from(&refused);
            let decision = experiment::reconcile(&observed, self.around.now);
            let mut refusal = None;
            for action in &decision.actions {
                match self.send(&request(action))? {
                    Err(status) if !is_success(action, &status) => {
                        refusal = Some((of(action).clone(), for_good(status)?));
                        break;
                    }
                    Ok(_) | Err(_) => {}
                }
            }
            match refusal {
                Some((key, why)) => drop(refused.insert(key, why)),
                None => return self.experiment_ends(name, &observed, decision),
            }
        }
    }

    fn experiment_ends(
        &mut self,
        name: &Name,
        observed: &experiment::Observed,
        decision: experiment::Decision,
    ) -> Result<End, End> {
        let experiment::Decision { actions: _, events, owner_events, status, requeue_after, because: _ } =
            decision;
        let stored = &observed.experiment;
        for (subject, event) in events
            .iter()
            .map(|event| ("Experiment", event))
            .chain(owner_events.iter().map(|event| ("Rollout", event)))
        {
            let owner = stored.metadata.controller().map_or("", |owner| owner.name.as_str());
            let of = if subject == "Rollout" { owner } else { &name.1 };
            self.around.told.push((format!("{subject} {of}"), format!("{} {}", event.reason, event.message)));
        }
        if let Some(patch) = status.and_then(|status| experiment::status_patch(&stored.status, &status)) {
            let key = ObjectKey::new(Kind::EXPERIMENT, &*name.0, &*name.1);
            self.write(&status_request(&key, patch, &stored.metadata.resource_version))?;
        }
        Ok(End::Done(requeue_after))
    }

    fn judge(&mut self, run: &AnalysisRun) -> RunDecision {
        let (now, settings) = (self.around.now, &self.controller.settings);
        let asks = analysis::due(run, now);
        let Surroundings { environment, counters, world, .. } = &mut *self.around;
        let mut systems = Systems { environment, counters, share: &|run| canary_share(world, run) };
        let readings: Result<Vec<_>, String> = asks.iter().map(|ask| systems.read(run, ask, now)).collect();
        match &readings {
            Ok(readings) => analysis::assess(run, Ok(readings), settings, now),
            Err(why) => analysis::assess(run, Err(why), settings, now),
        }
    }

    /// Carries out one action; tells the version that it gave the object.
    fn act(&mut self, action: &Action) -> Result<Option<String>, End> {
        match self.send(&request(action))? {
            Ok(response) => Ok(response.body["metadata"]["resourceVersion"].as_str().map(str::to_owned)),
            Err(refusal) if is_success(action, &refusal) => Ok(None),
            Err(refusal) => Err(refused(refusal)),
        }
    }

    fn write(&mut self, request: &Request) -> Result<(), End> {
        self.send(request)?.map(drop).map_err(refused)
    }

    /// Sends one request, as far as faults let it through.
    fn send(&mut self, request: &Request) -> Result<Result<Response, Status>, End> {
        let around = &mut *self.around;
        match around.faults.write() {
            Fault::CrashBefore => Err(End::Crashed),
            Fault::Conflict => Ok(Err(Status::new(409, "Conflict", "simulated conflict"))),
            Fault::Error => Ok(Err(Status::new(500, "InternalError", "simulated failure of the API"))),
            fault @ (Fault::None | Fault::CrashAfter) => {
                let answer = around.world.handle(request, around.now);
                self.controller.written = around.world.version();
                if let Some(probe) = around.probe {
                    probe(around.world, around.now);
                }
                if fault == Fault::CrashAfter {
                    return Err(End::Crashed);
                }
                Ok(answer)
            }
        }
    }
}

/// Why the API would refuse the same again; an end when it may not.
fn for_good(status: Status) -> Result<Refusal, End> {
    match status.code {
        409 if status.reason == "AlreadyExists" => Ok(Refusal::Exists),
        400 | 403 | 422 => Ok(Refusal::Because(status.message)),
        _ => Err(refused(status)),
    }
}

fn refused(refusal: Status) -> End {
    if refusal.code == 409 && refusal.reason == "Conflict" {
        End::Conflict
    } else {
        End::Failed(refusal.message)
    }
}

fn of(action: &Action) -> &ObjectKey {
    match action {
        Action::Create { key, .. }
        | Action::Patch { key, .. }
        | Action::Scale { key, .. }
        | Action::Delete { key, .. }
        | Action::Evict { key } => key,
    }
}
