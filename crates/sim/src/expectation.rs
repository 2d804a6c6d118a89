//! What a release is expected to do, and whether it did: the given, when and then of a team's own tests.

use std::time::Duration;

use crd::RolloutPhase;
use jiff::Timestamp;
use serde::Deserialize;

use crate::error::Error;
use crate::faults::RandomFaults;
use crate::metrics::MetricsFn;
use crate::release::{Course, Ending, Release, Sample};
use crate::scenario::Deed;
use crate::script::{FaultPlan, Script, duration};

/// One test: what surrounds a release, what users do, and what is expected to come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence.
    pub name: String,
    /// What surrounds the release.
    #[serde(default)]
    pub given: Given,
    /// What users do, from the update on. The update itself is the first deed with an image, and happens at 0.
    #[serde(default)]
    pub when: Vec<Deed>,
    /// For how long to look (Go duration; default a day).
    #[serde(default, rename = "for")]
    pub length: String,
    /// What is expected.
    pub then: Vec<Expectation>,
}

/// What surrounds the release of a [`Case`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Given {
    /// Pods.
    pub pods: Vec<crate::script::Pods>,
    /// Metrics; what has no reading is good.
    pub metrics: std::collections::BTreeMap<String, Vec<crate::script::Reading>>,
    /// What users do: comparisons count it.
    pub traffic: crate::Traffic,
    /// Other regions.
    pub regions: Vec<crate::script::Regions>,
    /// Faults of the API and the controller.
    pub faults: Option<FaultPlan>,
}

/// One expectation. Without a time it is about the end.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Expectation {
    /// At this moment after the update (Go duration).
    pub at: Option<String>,
    /// At some moment up to this one (Go duration).
    pub within: Option<String>,
    /// At every moment.
    pub always: bool,
    /// At no moment.
    pub never: bool,
    /// Share of the traffic that the new version gets, in percent.
    pub weight: Option<f64>,
    /// The most that it gets, in percent.
    pub weight_at_most: Option<f64>,
    /// The Rollout's phase.
    pub phase: Option<RolloutPhase>,
    /// The step, from 1.
    pub step: Option<i32>,
    /// Available pods of the new version.
    pub canary_pods: Option<i32>,
    /// Available pods of the others, at least.
    pub stable_pods_at_least: Option<i32>,
    /// Pods of all versions.
    pub pods_at_most: Option<usize>,
    /// How the release ended.
    pub ending: Option<Ending>,
    /// The reason of an event.
    pub event: Option<String>,
}

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which one, from 0.
    pub index: usize,
    /// What was found instead.
    pub found: String,
}

const DAY: Duration = Duration::from_secs(86_400);

impl Case {
    /// Runs the release of a Rollout; `otherwise` answers for metrics without a reading.
    pub fn run(
        &self,
        objects: Vec<serde_json::Value>,
        namespace: &str,
        name: &str,
        otherwise: MetricsFn,
    ) -> Result<Course, Error> {
        let image = self.when.iter().find(|deed| !deed.image.is_empty());
        let later = self.when.iter().filter(|deed| !image.is_some_and(|image| std::ptr::eq(*deed, image)));
        let deeds =
            later.map(|deed| Ok((duration(&deed.at)?, deed.verb()?))).collect::<Result<_, Error>>()?;
        let bound = if self.length.is_empty() { DAY } else { duration(&self.length)? };
        let release = Release {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            image: image.map_or("test:next".to_owned(), |deed| deed.image.clone()),
            deeds,
            promoted: false,
            bound,
        };
        let Given { pods, metrics, traffic, regions, faults } = self.given.clone();
        let script = Script { pods, metrics, traffic, regions };
        let faults = faults.map_or_else(
            || RandomFaults::new(0, 0, 1),
            |plan| RandomFaults::new(plan.seed, plan.count, plan.one_in),
        );
        release.run(objects, Timestamp::UNIX_EPOCH, |began| script.environment(began, otherwise), faults)
    }

    /// The expectations that the course does not meet.
    pub fn unmet(&self, course: &Course) -> Result<Vec<Unmet>, Error> {
        let mut unmet = Vec::new();
        for (index, expectation) in self.then.iter().enumerate() {
            let found = expectation.check(course)?;
            unmet.extend(found.map(|found| Unmet { index, found }));
        }
        Ok(unmet)
    }
}

impl Expectation {
    /// What was found instead; `None` when it is met.
    fn check(&self, course: &Course) -> Result<Option<String>, Error> {
        let until = |text: &str| Ok::<_, Error>(crate::controller::later(course.began, duration(text)?));
        let met = |sample: &Sample| self.fits(sample, course);
        if let Some(at) = &self.at {
            let moment = until(at)?;
            let sample = course.samples.iter().rev().find(|sample| sample.at <= moment);
            let events = self.event_up_to(course, moment);
            return Ok(match sample {
                Some(sample) if met(sample) && events => None,
                Some(sample) => Some(format!("at {at}: {}", shown(sample))),
                None => Some(format!("at {at} nothing had happened yet")),
            });
        }
        if let Some(within) = &self.within {
            let moment = until(within)?;
            let mut samples = course.samples.iter().filter(|sample| sample.at <= moment);
            let ended = crate::controller::later(course.began, course.took) <= moment;
            let in_time = self.ending.is_none() || ended;
            if in_time && self.event_up_to(course, moment) && samples.any(met) {
                return Ok(None);
            }
            return Ok(Some(format!("not within {within}; {}", self.instead(course))));
        }
        if self.always || self.never {
            let wrong = course.samples.iter().find(|sample| met(sample) != self.always);
            let event = self.event.is_some() && self.event_up_to(course, Timestamp::MAX) == self.never;
            if event {
                return Ok(Some(format!("the event {} is there", self.event.as_deref().unwrap_or_default())));
            }
            // A wish about an event alone says nothing of states.
            let about_states = *self
                != Self {
                    event: self.event.clone(),
                    always: self.always,
                    never: self.never,
                    ..Self::default()
                };
            return Ok(wrong.filter(|_| about_states).map(|sample| {
                format!("after {} s: {}", sample.at.duration_since(course.began).as_secs(), shown(sample))
            }));
        }
        let last = course.samples.last();
        if last.is_some_and(met) && self.event_up_to(course, Timestamp::MAX) {
            return Ok(None);
        }
        Ok(Some(self.instead(course)))
    }

    fn fits(&self, sample: &Sample, course: &Course) -> bool {
        let percent = sample.share(100) * 100.0;
        let near = |wanted: f64| (percent - wanted).abs() < 0.5;
        self.weight.is_none_or(near)
            && self.weight_at_most.is_none_or(|most| percent <= most + 1e-9)
            && self.phase.is_none_or(|phase| sample.phase == Some(phase))
            && self.step.is_none_or(|step| sample.step == Some(step - 1))
            && self.canary_pods.is_none_or(|pods| sample.canary_available == pods)
            && self.stable_pods_at_least.is_none_or(|least| sample.stable_available >= least)
            && self.pods_at_most.is_none_or(|most| sample.pods <= most)
            && self.ending.is_none_or(|ending| course.ending == ending)
    }

    /// Whether the event came up to a moment, if one is wished for.
    fn event_up_to(&self, course: &Course, moment: Timestamp) -> bool {
        let Some(reason) = &self.event else { return true };
        let mut entries = course.simulation.timeline().entries().iter();
        entries.any(|entry| entry.at <= moment && entry.what.split(' ').next() == Some(reason))
    }

    fn instead(&self, course: &Course) -> String {
        let state = course.samples.last().map(shown).unwrap_or_default();
        let took = course.took.as_secs();
        let ending = format!("{:?}", course.ending).to_lowercase();
        let message =
            if course.message.is_empty() { String::new() } else { format!(" ({})", course.message) };
        format!("after {took} s it was {ending}{message}, with {state}")
    }
}

fn shown(sample: &Sample) -> String {
    let phase = sample.phase.map_or("no phase".to_owned(), |phase| format!("{phase:?}"));
    let step = sample.step.map_or("no step".to_owned(), |step| format!("step {}", step + 1));
    format!(
        "{phase}, {step}, weight {:.0} %, {} new and {} old pods available, {} pods",
        sample.share(100) * 100.0,
        sample.canary_available,
        sample.stable_available,
        sample.pods
    )
}
