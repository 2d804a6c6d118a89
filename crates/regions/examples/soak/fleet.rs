//! Several simulated regions whose gates hear each other over a bad network.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aviary_regions::gate::{self, GateConfig, Heard};
use crd::{Beacon, PluginOperation, PluginPhase, Rollout, RolloutPhase};
use jiff::{SignedDuration, Timestamp};
use parking_lot::Mutex;
use rollout::{Question, RegionsAnswer, Settings};
use serde_json::{Value, json};
use sim::{Environment, RandomFaults, Simulation, Verb};

use super::schedule::{Dice, Schedule};

/// The gates, by the index of their step.
const GATES: [i32; 2] = [1, 3];
/// How long is looked, in seconds.
const LENGTH: u64 = 300;
const NAMESPACE: &str = "default";
const ROLLOUT: &str = "shop";
const GROUP: &str = "shop";
/// When the clocks begin that are right.
const START: Timestamp = Timestamp::UNIX_EPOCH;

/// What came of a schedule.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether the new version is the stable one everywhere.
    pub(crate) all_promoted: bool,
}

/// What is true, whatever the regions know of it.
#[derive(Default)]
struct Truth {
    /// Beacons in the order in which each region published them, with the time.
    published: Vec<Vec<(u64, Beacon)>>,
    /// When each region's own checks held at a gate for the first time.
    verified: BTreeMap<(usize, i32), u64>,
    /// When each region passed a gate.
    passed: BTreeMap<(usize, i32), u64>,
}

/// A region with what was seen of it last.
struct Region {
    simulation: Simulation,
    /// The stored Rollout: the same one need not be looked at again.
    seen: Option<Arc<Value>>,
    rollout: Rollout,
    begins: u64,
}

impl Region {
    fn elapsed(&self) -> u64 {
        self.simulation.elapsed().as_secs()
    }

    /// Looks at the Rollout; whether it is another one than before.
    fn changed(&mut self) -> bool {
        let stored = self.simulation.world().object("argoproj.io", "rollouts", NAMESPACE, ROLLOUT);
        if stored.zip(self.seen.as_ref()).is_some_and(|(now, before)| Arc::ptr_eq(now, before)) {
            return false;
        }
        self.seen = stored.cloned();
        self.rollout = self.simulation.rollout(NAMESPACE, ROLLOUT).unwrap_or_default();
        true
    }

    fn wants_the_new_version(&self) -> bool {
        self.rollout.spec.template.images().next().as_deref() == Some("shop:2")
    }

    fn promoted(&self) -> bool {
        let status = &self.rollout.status;
        let observed = self.rollout.metadata.generation.map(|generation| generation.to_string());
        self.wants_the_new_version()
            && status.phase == Some(RolloutPhase::Healthy)
            && Some(&status.observed_generation) == observed.as_ref()
    }

    /// Whether the release has ended, one way or the other.
    fn is_over(&self) -> bool {
        self.elapsed() > self.begins && (self.rollout.status.abort || self.promoted())
    }
}

/// Plays a schedule; the error says what broke.
pub(crate) fn play(schedule: &Schedule) -> Result<Outcome, String> {
    let truth =
        Arc::new(Mutex::new(Truth { published: vec![Vec::new(); schedule.regions], ..Truth::default() }));
    let mut fleet: Vec<Region> =
        (0..schedule.regions).map(|region| start(schedule, region, &truth)).collect::<Result<_, _>>()?;
    // The region whose clock is furthest behind acts next, so what the others published up to then is known.
    while let Some(number) = next(&fleet) {
        let Some(region) = fleet.get_mut(number) else { break };
        let at = region.elapsed();
        region.simulation.step();
        publish(region, number, at, &mut truth.lock());
        if region.changed() {
            look(region, number, at, schedule, &mut truth.lock())?;
        }
    }
    let all_promoted = fleet.iter().all(Region::promoted);
    if schedule.is_quiet() && !all_promoted {
        return Err("nothing was against it, and it did not come to its end everywhere".to_owned());
    }
    Ok(Outcome { all_promoted })
}

fn next(fleet: &[Region]) -> Option<usize> {
    if fleet.iter().all(Region::is_over) {
        return None;
    }
    let due = fleet.iter().enumerate().filter(|(_, region)| region.elapsed() < LENGTH);
    let due = due.filter(|(_, region)| region.simulation.next().is_some());
    due.min_by_key(|(_, region)| region.simulation.elapsed()).map(|(number, _)| number)
}

fn name(region: usize) -> String {
    format!("region-{region}")
}

fn start(schedule: &Schedule, region: usize, truth: &Arc<Mutex<Truth>>) -> Result<Region, String> {
    let skew = schedule.skew.get(region).copied().unwrap_or_default();
    let own_start = START.saturating_add(SignedDuration::from_secs(skew)).unwrap_or(START);
    let failed = |error: sim::Error| error.to_string();
    let mut simulation = Simulation::new(objects(schedule), own_start)
        .map_err(failed)?
        .with_settings(Settings { region: name(region), ..Settings::default() });
    let healthy = |simulation: &Simulation| simulation.is_healthy(NAMESPACE, ROLLOUT);
    simulation.run_until(healthy, Duration::from_secs(60)).map_err(failed)?;
    simulation.start_over();
    let began = simulation.now();
    let faults = schedule.faults.get(region).copied().unwrap_or_default();
    let seed = schedule.seed.wrapping_add(region as u64);
    let mut simulation = simulation
        .with_environment(environment(schedule, region, began, truth))
        .with_faults(RandomFaults::new(seed, faults, 12));
    let update = Verb::SetImage { container: "*".to_owned(), image: "shop:2".to_owned() };
    let begins = schedule.begins.get(region).copied().unwrap_or_default();
    simulation.at(Duration::from_secs(begins), NAMESPACE, ROLLOUT, update);
    if let Some((_, at)) = schedule.aborted.filter(|(aborted, _)| *aborted == region) {
        simulation.at(Duration::from_secs(begins + at), NAMESPACE, ROLLOUT, Verb::Abort);
    }
    Ok(Region { simulation, seen: None, rollout: Rollout::default(), begins })
}

fn environment(
    schedule: &Schedule,
    region: usize,
    began: Timestamp,
    truth: &Arc<Mutex<Truth>>,
) -> Environment {
    let since = move |now: Timestamp| now.duration_since(began).as_secs().unsigned_abs();
    let unhealthy = schedule.unhealthy;
    let known = Arc::clone(truth);
    let checks = move |question: &Question, now: Timestamp| {
        let Question::RegionsReached { gate, release, .. } = question else { return None };
        let fails = unhealthy.is_some_and(|(sick, number)| {
            sick == region && GATES.get(number) == Some(gate) && release == "shop:2"
        });
        if fails {
            return Some(Err("it is not well".to_owned()));
        }
        if release == "shop:2" {
            known.lock().verified.entry((region, *gate)).or_insert_with(|| since(now));
        }
        Some(Ok(()))
    };
    let (schedule, known) = (schedule.clone(), Arc::clone(truth));
    let dice = Mutex::new(Dice::new(schedule.seed ^ (region as u64 + 1)));
    let regions = move |question: &Question, now: Timestamp| {
        let Question::RegionsReached { release, step, gate, config, .. } = question else {
            return RegionsAnswer::Waiting { summary: String::new() };
        };
        let config = match GateConfig::parse(config) {
            Ok(config) => config,
            Err(error) => return RegionsAnswer::Failed { summary: error.to_string() },
        };
        let at_gate = step == gate;
        let sick = unhealthy.is_some_and(|(sick, number)| {
            sick == region && GATES.get(number) == Some(gate) && release == "shop:2"
        });
        let local = if sick { Err("it is not well".to_owned()) } else { Ok(()) };
        let peers = hear(&schedule, region, since(now), &known.lock(), &mut dice.lock());
        let asked = gate::Question { release, gate: *gate, at_gate, local: at_gate.then_some(&local) };
        match gate::verdict(&config, &asked, &peers, now) {
            gate::Answer::Passed(summary) => RegionsAnswer::Passed { summary },
            gate::Answer::Waiting(summary) => RegionsAnswer::Waiting { summary },
            gate::Answer::Failed(summary) => RegionsAnswer::Failed { summary },
            gate::Answer::Partitioned(summary) => RegionsAnswer::Partitioned { summary },
        }
    };
    Environment { checks: Arc::new(checks), regions: Arc::new(regions), ..Environment::default() }
}

/// What a region hears of the others now: lost, late, and sometimes what it has heard before.
fn hear(
    schedule: &Schedule,
    region: usize,
    at: u64,
    truth: &Truth,
    dice: &mut Dice,
) -> BTreeMap<String, Heard> {
    let others = truth.published.iter().enumerate().filter(|(other, _)| *other != region);
    let heard = others.map(|(other, published)| {
        let lost = schedule.lost_one_in > 0 && dice.below(schedule.lost_one_in) == 0;
        if lost || !schedule.connected(region, other, at) {
            return (name(other), Err("it does not answer".to_owned()));
        }
        let sent = at.saturating_sub(dice.below(schedule.latest + 1));
        let latest = published.iter().rev().find(|(when, _)| *when <= sent);
        (name(other), Ok(latest.map(|(_, beacon)| beacon.clone())))
    });
    heard.collect()
}

/// Keeps what the region published.
fn publish(region: &Region, number: usize, at: u64, truth: &mut Truth) {
    if let (Some(beacon), Some(published)) = (beacon(&region.simulation), truth.published.get_mut(number))
        && published.last().is_none_or(|(_, last)| *last != beacon)
    {
        published.push((at, beacon));
    }
}

/// Checks that the region passed no gate alone.
fn look(
    region: &Region,
    number: usize,
    at: u64,
    schedule: &Schedule,
    truth: &mut Truth,
) -> Result<(), String> {
    if !region.wants_the_new_version() {
        return Ok(());
    }
    for status in &region.rollout.status.canary.step_plugin_statuses {
        let passed =
            status.operation == PluginOperation::Run && status.phase == Some(PluginPhase::Successful);
        if !passed || truth.passed.contains_key(&(number, status.index)) {
            continue;
        }
        truth.passed.insert((number, status.index), at);
        let there =
            (0..schedule.regions).filter(|other| truth.verified.contains_key(&(*other, status.index)));
        let there: Vec<usize> = there.collect();
        if there.len() < schedule.quorum || !there.contains(&number) {
            return Err(format!(
                "I12 is broken: after {at} s region {number} passed the gate at step {} when only {there:?} of {} had \
                 verified it, and {} must have",
                status.index, schedule.regions, schedule.quorum
            ));
        }
    }
    Ok(())
}

fn beacon(simulation: &Simulation) -> Option<Beacon> {
    let map = simulation.world().object("", "configmaps", NAMESPACE, &Beacon::config_map(GROUP))?;
    let text = map.pointer(&format!("/data/{}", Beacon::KEY))?.as_str()?;
    serde_json::from_str(text).ok()
}

fn objects(schedule: &Schedule) -> Vec<Value> {
    let regions: Vec<String> = (0..schedule.regions).map(name).collect();
    let gate = json!({"plugin": {"name": "aviary/region-gate", "config": {
        "group": GROUP, "regions": regions, "quorum": schedule.quorum, "timeout": "90s", "interval": "10s",
        "onPeerFailure": if schedule.abort_spreads { "abort" } else { "hold" },
        "onPartition": if schedule.partition_aborts { "abort" } else { "hold" },
    }}});
    vec![json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": ROLLOUT},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "shop"}},
            "template": {
                "metadata": {"labels": {"app": "shop"}},
                "spec": {"containers": [{"name": "shop", "image": "shop:1"}]},
            },
            "strategy": {"canary": {"steps": [{"setWeight": 50}, gate, {"pause": {"duration": "20s"}}, gate]}},
        },
    })]
}
