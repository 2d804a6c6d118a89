//! The region gate: a step that holds a region until the others have reached it (design 6).
//!
//! What the regions say is asked outside ([`Question::RegionsReached`]); what this region says is published as a
//! [`Beacon`](crd::Beacon). There is no hub.

mod beacon;
mod config;
mod recall;
mod release;

use std::time::Duration;

use crd::{Canary, ObjectKey, PluginOperation, PluginPhase, PluginStep, Rollout, Time};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::decision::{Question, Reason};
use crate::observed::{Answer as Told, RegionsAnswer};
use crate::plan::Plan;
use crate::plugins::{Answer, Builtin};
use crate::validation::Problem;
pub(crate) use beacon::publish;
use config::{Config, OnFailure, OnPartition};
pub use recall::recalled;

/// `aviary/region-gate`.
pub(crate) struct RegionGate;

/// Name of the step, as Rollouts write it.
const NAME: &str = "aviary/region-gate";

impl Builtin for RegionGate {
    fn name(&self) -> &'static str {
        NAME
    }

    fn check(&self, plugin: &PluginStep, at: &str) -> Result<(), Problem> {
        Config::read(plugin).map(|_| ()).map_err(|error| {
            Problem::invalid(&format!("{at}.config"), &crate::validation::json(&plugin.config), &error)
        })
    }

    fn run(&self, plan: &mut Plan<'_>, index: i32, plugin: &PluginStep, begun: Time) -> Answer {
        let config = match Config::read(plugin) {
            Ok(config) => config,
            Err(message) => return Answer::new(PluginPhase::Failed, message),
        };
        let told = ask(plan, index, index, plugin, &config);
        let late =
            config.timeout.is_some_and(|timeout| after(begun, timeout).is_some_and(|end| end <= plan.now));
        let answer = in_time(verdict(told.as_ref(), &config), told.as_ref(), &config, late);
        let answer = soaked(plan, index, answer, &config);
        if answer.phase == PluginPhase::Running {
            let end = config.timeout.and_then(|timeout| after(begun, timeout)).map(Time::from);
            let reason = Reason::new("gate.wait", answer.message.clone());
            plan.give(reason.since(Some(begun)).until(end.filter(|end| end.timestamp() > plan.now)));
        }
        answer
    }

    fn watch(&self, plan: &mut Plan<'_>, index: i32, plugin: &PluginStep) -> Result<(), String> {
        let config = Config::read(plugin)?;
        let step = plan.stored().current_step_index.unwrap_or(0);
        match ask(plan, step, index, plugin, &config) {
            Some(Told::Regions { answer: RegionsAnswer::Failed { summary }, .. })
                if config.on_peer_failure == OnFailure::Abort =>
            {
                Err(summary)
            }
            _ => Ok(()),
        }
    }
}

/// Asks, and returns the answer to the very same question of an earlier pass.
fn ask(plan: &mut Plan<'_>, step: i32, gate: i32, plugin: &PluginStep, config: &Config) -> Option<Told> {
    let question = Question::RegionsReached {
        release: release::identity(&plan.rollout),
        step,
        gate,
        canary_hash: plan.status.current_pod_hash.clone(),
        config: plugin.config.clone(),
    };
    let same = |told: &&Told| match told {
        Told::Regions { question: asked, .. } | Told::Weight { question: asked, .. } => *asked == question,
    };
    let told = plan.observed.answers.iter().find(same).cloned();
    plan.ask(question);
    plan.requeue(config.interval);
    told
}

fn verdict(told: Option<&Told>, config: &Config) -> Answer {
    let running = |message: String| Answer::new(PluginPhase::Running, message);
    let failed = |message: String| Answer::new(PluginPhase::Failed, message);
    let Some(Told::Regions { local, answer, .. }) = told else {
        return running("waiting for the first report of the regions".to_owned());
    };
    match (answer, local) {
        (RegionsAnswer::Failed { summary }, _) if config.on_peer_failure == OnFailure::Abort => {
            failed(summary.clone())
        }
        (_, Some(Err(why))) => failed(format!("the checks of this region failed: {why}")),
        (RegionsAnswer::Passed { summary }, Some(Ok(()))) => {
            Answer::new(PluginPhase::Successful, summary.clone())
        }
        (RegionsAnswer::Passed { .. }, None) => running("the checks of this region run".to_owned()),
        (
            RegionsAnswer::Waiting { summary }
            | RegionsAnswer::Failed { summary }
            | RegionsAnswer::Partitioned { summary },
            _,
        ) => running(summary.clone()),
    }
}

/// What the policy makes of a gate that has not passed in time.
fn in_time(answer: Answer, told: Option<&Told>, config: &Config, late: bool) -> Answer {
    if answer.phase != PluginPhase::Running || !late {
        return answer;
    }
    match (config.on_partition, told) {
        (OnPartition::Abort, _) => {
            Answer::new(PluginPhase::Failed, format!("not passed in time: {}", answer.message))
        }
        (
            OnPartition::Proceed,
            Some(Told::Regions {
                local: Some(Ok(())), answer: RegionsAnswer::Partitioned { summary }, ..
            }),
        ) => Answer::new(PluginPhase::Successful, format!("went on without an answer: {summary}")),
        _ => answer,
    }
}

/// A gate that would open stays closed until the regions have been there for long enough; when one is not there any
/// more, the time begins anew.
fn soaked(plan: &mut Plan<'_>, index: i32, answer: Answer, config: &Config) -> Answer {
    let Some(soak) = config.soak.filter(|_| answer.phase == PluginPhase::Successful) else { return answer };
    let statuses = &plan.stored().canary.step_plugin_statuses;
    let stored =
        statuses.iter().find(|status| status.index == index && status.operation == PluginOperation::Run);
    let since = stored.and_then(|status| status.status.get(SOAKING)?.as_str()?.parse::<Timestamp>().ok());
    let since = Time::from(since.unwrap_or(plan.now));
    let Some(end) = after(since, soak).filter(|end| *end > plan.now) else { return answer };
    plan.requeue_at(end);
    Answer {
        phase: PluginPhase::Running,
        message: format!("{}{SOAKS}{}", answer.message, Time::from(end)),
        memory: json!({ SOAKING: since.to_string() }),
    }
}

/// Since when the regions are there, in the memory of the step.
const SOAKING: &str = "soaksSince";
/// Between what the regions say and the time until which they soak.
const SOAKS: &str = "; soaks until ";

/// The moment a length of time after another.
fn after(since: Time, length: Duration) -> Option<Timestamp> {
    since.timestamp().saturating_add(SignedDuration::try_from(length).ok()?).ok()
}

/// The gates of the steps with their indices, as far as their configuration can be read.
fn gates(canary: &Canary) -> impl Iterator<Item = (i32, Config)> + '_ {
    let plugins = canary.steps.iter().enumerate();
    plugins.filter_map(|(index, step)| {
        let plugin = step.plugin.as_ref().filter(|plugin| plugin.name == NAME)?;
        Some((index as i32, Config::read(plugin).ok()?))
    })
}

/// Where the beacons of the Rollout's gates are.
pub(crate) fn beacon_keys(rollout: &Rollout, canary: &Canary) -> Vec<ObjectKey> {
    gates(canary).map(|(_, config)| beacon::key(&rollout.metadata.namespace, &config.group)).collect()
}

/// Whether every answer lies further back than this is of no interest here: a region is asked again and again.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
