//! The region gate: a step that holds a region until the others have reached it (design 6).
//!
//! What the regions say is asked outside ([`Question::RegionsReached`]); what this region says is published as a
//! [`Beacon`](crd::Beacon). There is no hub.

mod beacon;
mod config;
mod release;

use std::time::Duration;

use crd::{Canary, ObjectKey, PluginPhase, PluginStep, Rollout, Time};
use jiff::SignedDuration;

use crate::decision::Question;
use crate::observed::{Answer as Told, RegionsAnswer};
use crate::plan::Plan;
use crate::plugins::{Answer, Builtin};
use crate::validation::Problem;
pub(crate) use beacon::publish;
use config::{Config, Policy};

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
            Err(message) => return Answer { phase: PluginPhase::Failed, message },
        };
        let told = ask(plan, index, index, plugin, &config);
        let answer = verdict(told.as_ref(), &config);
        if answer.phase == PluginPhase::Running {
            plan.because("gate.wait", answer.message.clone());
        }
        let late = config.timeout.is_some_and(|timeout| {
            let end = SignedDuration::try_from(timeout).ok();
            let end = end.and_then(|timeout| begun.timestamp().saturating_add(timeout).ok());
            end.is_some_and(|end| end <= plan.now)
        });
        if answer.phase == PluginPhase::Running && late && config.on_partition == Policy::Abort {
            let message = format!("not passed in time: {}", answer.message);
            return Answer { phase: PluginPhase::Failed, message };
        }
        answer
    }

    fn watch(&self, plan: &mut Plan<'_>, index: i32, plugin: &PluginStep) -> Result<(), String> {
        let config = Config::read(plugin)?;
        let step = plan.stored().current_step_index.unwrap_or(0);
        match ask(plan, step, index, plugin, &config) {
            Some(Told::Regions { answer: RegionsAnswer::Failed { summary }, .. })
                if config.on_peer_failure == Policy::Abort =>
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
    let running = |message: String| Answer { phase: PluginPhase::Running, message };
    let failed = |message: String| Answer { phase: PluginPhase::Failed, message };
    let Some(Told::Regions { local, answer, .. }) = told else {
        return running("waiting for the first report of the regions".to_owned());
    };
    match (answer, local) {
        (RegionsAnswer::Failed { summary }, _) if config.on_peer_failure == Policy::Abort => {
            failed(summary.clone())
        }
        (_, Some(Err(why))) => failed(format!("the checks of this region failed: {why}")),
        (RegionsAnswer::Passed { summary }, Some(Ok(()))) => {
            Answer { phase: PluginPhase::Successful, message: summary.clone() }
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
