//! Release gates: when may a region go on, given what the others say of themselves? Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crd::{Beacon, BeaconPhase};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::check::{Check, go_duration};
use crate::endpoint::Endpoint;
use crate::error::Error;

/// Configuration of the step `plugin: aviary/region-gate`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GateConfig {
    /// Release group: the gates of one service in all regions share it.
    pub group: String,
    /// How the regions wait for each other.
    #[serde(default)]
    pub mode: Mode,
    /// The regions that must be there, this one included.
    pub regions: Vec<String>,
    /// Checks that this region makes of itself before it says that it is verified.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Where each region's checks go: its canary.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Endpoint>,
    /// What a peer's abort means here.
    #[serde(default)]
    pub on_peer_failure: Reaction,
    /// How many regions must have come this far, this one included; all of them when it is not set. One that gave the
    /// release up still counts as [`GateConfig::on_peer_failure`] says.
    #[serde(default)]
    pub quorum: Option<usize>,
    /// Go duration for which they must have been there before the gate opens.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub soak: Option<Duration>,
    /// What a timeout means here when a peer cannot be heard.
    #[serde(default)]
    pub on_partition: OnPartition,
    /// Go duration that the gate may take.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub timeout: Option<Duration>,
    /// Go duration between two looks.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub interval: Option<Duration>,
    /// Go duration that a beacon is believed.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub lifetime: Option<Duration>,
    /// Go duration by which the clocks of two regions may differ (default 10s): a beacon is believed for so much longer.
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub clock_skew: Option<Duration>,
}

/// How regions wait for each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Until all have reached this step, verified.
    #[default]
    Barrier,
    /// Until the others have finished this release: the listed regions go first.
    Wave,
    /// Only this region's own checks count.
    Verify,
}

/// What follows from trouble elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reaction {
    /// This region gives the release up, too.
    #[default]
    Abort,
    /// This region waits.
    Hold,
}

/// What follows when regions stay silent for longer than the timeout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnPartition {
    /// This region waits on.
    #[default]
    Hold,
    /// This region goes on without them.
    Proceed,
    /// This region gives the release up.
    Abort,
}

/// By how much clocks may differ when the configuration does not say.
const CLOCK_SKEW: Duration = Duration::from_secs(10);

/// Time between two looks when the configuration does not say.
pub const INTERVAL: Duration = Duration::from_secs(5);

impl GateConfig {
    /// Reads and checks the configuration of a step.
    pub fn parse(config: &Value) -> Result<Self, Error> {
        let parsed: Self = serde_json::from_value(config.clone()).map_err(|error| {
            let remedy = "give group, regions, and optionally mode, quorum, soak, checks, endpoints, onPeerFailure, \
                          onPartition, timeout, interval, lifetime, clockSkew";
            Error::config("config", error.to_string(), remedy)
        })?;
        for (index, check) in parsed.checks.iter().enumerate() {
            check.validate(&format!("config.checks[{index}]"))?;
        }
        if parsed.group.is_empty() {
            return Err(Error::config("config.group", "it is empty", "name the release group"));
        }
        if parsed.regions.is_empty() && parsed.mode != Mode::Verify {
            return Err(Error::config(
                "config.regions",
                "there is none",
                "name the regions that release together",
            ));
        }
        let count = parsed.regions.iter().collect::<BTreeSet<_>>().len();
        if let Some(quorum) = parsed.quorum.filter(|quorum| *quorum == 0 || *quorum > count) {
            let problem = format!("{quorum} of {count} regions");
            let remedy = format!("write a number from 1 to {count}");
            return Err(Error::config("config.quorum", problem, remedy));
        }
        Ok(parsed)
    }

    /// How many of the regions may be missing.
    fn spare(&self) -> usize {
        let count = self.regions.iter().collect::<BTreeSet<_>>().len();
        self.quorum.map_or(0, |quorum| count.saturating_sub(quorum))
    }

    /// The other regions.
    pub fn peers<'a>(&'a self, own: &'a str) -> impl Iterator<Item = &'a str> {
        let unique: BTreeSet<&str> = self.regions.iter().map(String::as_str).collect();
        unique.into_iter().filter(move |region| *region != own)
    }
}

/// What this region knows of itself and asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Which release.
    pub release: &'a str,
    /// Index of the gate.
    pub gate: i32,
    /// Whether this region stands at the gate; else only the abort mark of peers is of interest.
    pub at_gate: bool,
    /// What this region's own checks say; `None` while they run.
    pub local: Option<&'a Result<(), String>>,
}

/// What the regions say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All required regions have reached the gate, verified.
    Passed(String),
    /// Some have not.
    Waiting(String),
    /// One failed or gave up.
    Failed(String),
    /// One cannot be heard.
    Partitioned(String),
}

/// What is known of a peer: its beacon if it has one, or why it could not be read.
pub type Heard = Result<Option<Beacon>, String>;

/// Judges the gate.
///
/// A peer counts as there when its beacon is fresh, speaks of the same release, and says that it is verified at the
/// gate's step or already beyond it. An abort of the same release counts even from a beacon that has run out: it is
/// sticky. Silence is a partition, never health (I12): that of a region which `peers` lacks, too. Only this region
/// itself may be missing there.
pub fn verdict(
    config: &GateConfig,
    question: &Question<'_>,
    peers: &BTreeMap<String, Heard>,
    now: Timestamp,
) -> Answer {
    if let Some(Err(failure)) = question.local {
        return Answer::Failed(format!("own checks: {failure}"));
    }
    if config.mode == Mode::Verify {
        return match question.local {
            Some(_) => Answer::Passed("own checks hold".to_owned()),
            None => Answer::Waiting("own checks run".to_owned()),
        };
    }
    if let Some(failed) = peers.iter().find_map(|(name, heard)| aborted(name, heard, question)) {
        return match config.on_peer_failure {
            Reaction::Abort => Answer::Failed(failed),
            Reaction::Hold => Answer::Waiting(failed),
        };
    }
    let skew = config.clock_skew.unwrap_or(CLOCK_SKEW);
    let mut silent: Vec<String> =
        peers.iter().filter_map(|(name, heard)| silence(name, heard, now, skew)).collect();
    let unheard = unheard(config, peers);
    // Of the regions that nobody heard of, one is this one.
    let silent_count = silent.len() + unheard.len().saturating_sub(1);
    silent.extend(
        (unheard.len() > 1).then(|| format!("nothing was heard of all but one of {}", unheard.join(", "))),
    );
    let mut awaited: Vec<String> = peers
        .iter()
        .filter(|(name, heard)| silence(name, heard, now, skew).is_none())
        .filter_map(|(name, heard)| behind(name, heard, config.mode, question))
        .collect();
    let missing = silent_count + awaited.len();
    let enough = missing <= config.spare();
    if question.local.is_none() {
        awaited.insert(0, "own checks run".to_owned());
    }
    if enough && question.local.is_some() && question.at_gate {
        let state = if config.mode == Mode::Wave {
            "have finished this release"
        } else {
            "are verified at this step"
        };
        let without: Vec<String> = silent.into_iter().chain(awaited).collect();
        let without = if without.is_empty() { String::new() } else { format!(" ({})", without.join("; ")) };
        let who = if missing == 0 { "all" } else { "enough" };
        return Answer::Passed(format!("{who} of {} {state}{without}", config.regions.join(", ")));
    }
    if !silent.is_empty() && !enough {
        return Answer::Partitioned(silent.join("; "));
    }
    Answer::Waiting(awaited.join("; "))
}

fn aborted(name: &str, heard: &Heard, question: &Question<'_>) -> Option<String> {
    let beacon = heard.as_ref().ok()?.as_ref()?;
    let gave_up = beacon.release == question.release && beacon.phase == BeaconPhase::Aborted;
    let why = if beacon.message.is_empty() { String::new() } else { format!(": {}", beacon.message) };
    gave_up.then(|| format!("region {name} gave this release up{why}"))
}

fn silence(name: &str, heard: &Heard, now: Timestamp, skew: Duration) -> Option<String> {
    let believed = SignedDuration::try_from(skew).unwrap_or_default();
    let over =
        |beacon: &Beacon| beacon.expires.timestamp().saturating_add(believed).is_ok_and(|end| end < now);
    match heard {
        Err(reason) => Some(format!("region {name} cannot be reached: {reason}")),
        Ok(Some(beacon)) if over(beacon) && beacon.phase == BeaconPhase::Progressing => {
            Some(format!("region {name} has said nothing since {}", beacon.time))
        }
        Ok(_) => None,
    }
}

/// The regions of which nothing is known at all; one of those that are missing is this region itself.
fn unheard<'c>(config: &'c GateConfig, peers: &BTreeMap<String, Heard>) -> Vec<&'c str> {
    let missing: BTreeSet<&str> =
        config.regions.iter().map(String::as_str).filter(|region| !peers.contains_key(*region)).collect();
    missing.into_iter().collect()
}

fn behind(name: &str, heard: &Heard, mode: Mode, question: &Question<'_>) -> Option<String> {
    let beacon = match heard {
        Ok(Some(beacon)) if beacon.release == question.release => beacon,
        Ok(_) => return Some(format!("region {name} has not begun this release")),
        Err(_) => return None,
    };
    let promoted = beacon.phase == BeaconPhase::Promoted;
    if mode == Mode::Wave {
        return (!promoted).then(|| format!("region {name} has not finished this release"));
    }
    let there = promoted || beacon.step > question.gate || (beacon.step == question.gate && beacon.verified);
    let distance = || {
        if beacon.step == question.gate {
            format!("region {name} is not verified at this step yet")
        } else {
            format!("region {name} is at step {} of {}", beacon.step, question.gate)
        }
    };
    (!there).then(distance)
}
