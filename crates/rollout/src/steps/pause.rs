//! `pause`: time passes, or a user promotes.

use crd::{Canary, CanaryStep, IntOrString, duration};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::Step;
use crate::pauses;
use crate::plan::Plan;
use crate::validation::{Found, Problem};

pub(super) struct Pause;

impl Step for Pause {
    fn selected(&self, step: &CanaryStep) -> bool {
        step.pause.is_some()
    }

    fn describe(&self, step: &CanaryStep) -> String {
        match seconds_text(step) {
            Some(duration) => format!("pause: {duration}"),
            None => "pause".to_owned(),
        }
    }

    fn completed(&self, plan: &Plan<'_>, _: i32, step: &CanaryStep) -> bool {
        let stored = plan.stored();
        let Some(begun) = pauses::pause(stored, pauses::PAUSE_STEP) else { return stored.controller_pause };
        let seconds = step.pause.as_ref().and_then(|pause| pause.duration.as_ref());
        let seconds = seconds.and_then(duration::whole_seconds);
        let end = seconds.and_then(|seconds| {
            begun.start_time.timestamp().saturating_add(SignedDuration::from_secs(seconds)).ok()
        });
        end.is_some_and(|end| end <= plan.now)
    }

    fn samples(&self) -> Vec<Value> {
        vec![json!({"pause": {}}), json!({"pause": {"duration": 20}}), json!({"pause": {"duration": "2m"}})]
    }

    fn check(&self, _: &Canary, step: &CanaryStep, at: &str, found: &mut Found) {
        let Some(duration) = step.pause.as_ref().and_then(|pause| pause.duration.as_ref()) else { return };
        let seconds = duration::whole_seconds(duration).or_else(|| negative(duration)).unwrap_or(-1);
        if seconds < 0 {
            found.push(Problem::invalid(
                &format!("{at}.pause.duration"),
                &seconds.to_string(),
                "Duration needs to be greater than 0",
            ));
        }
    }
}

/// Seconds of a text such as `-5s`, for the message.
fn negative(duration: &IntOrString) -> Option<i64> {
    let IntOrString::String(text) = duration else { return None };
    let positive = IntOrString::String(text.strip_prefix('-')?.to_owned());
    Some(-duration::whole_seconds(&positive)?)
}

fn seconds_text(step: &CanaryStep) -> Option<&IntOrString> {
    step.pause.as_ref()?.duration.as_ref()
}
