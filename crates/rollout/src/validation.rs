//! Whether a Rollout can be carried out at all: what is wrong, in the order and the words of spec rollout-fields 2.5
//! and 2.6, and cli-lint 3 to 7.

mod analyses;
mod references;
pub(crate) mod routes;
mod selector;
mod strategy;
mod template;
mod unsupported;

use std::borrow::Cow;
use std::fmt;

use crd::Rollout;

use crate::observed::Observed;
use crate::plugins;

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, such as `spec.strategy.steps[0].setWeight`. As users know it from the public controller: the
    /// strategy's name is missing in it.
    pub field: String,
    /// What is wrong, in the shape of Kubernetes' field errors: `Invalid value: 101: ...`.
    pub detail: String,
}

impl Problem {
    /// The value, as JSON, is not one that the field may have.
    pub(crate) fn invalid(field: &str, value: &str, detail: &str) -> Self {
        Self::text(field, format!("Invalid value: {value}: {detail}"))
    }

    /// The field must be set.
    pub(crate) fn required(field: &str, detail: &str) -> Self {
        Self::text(field, format!("Required value: {detail}"))
    }

    /// The field must not be set.
    pub(crate) fn forbidden(field: &str, detail: &str) -> Self {
        Self::text(field, format!("Forbidden: {detail}"))
    }

    /// The value is not one of a few.
    pub(crate) fn unsupported(field: &str, value: &str, supported: &str) -> Self {
        Self::text(field, format!("Unsupported value: {value}: supported values: {supported}"))
    }

    /// Anything else, in the shape of Kubernetes' field errors.
    pub(crate) fn text(field: &str, detail: String) -> Self {
        Self { field: field.to_owned(), detail }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.detail)
    }
}

/// What was found so far, in order.
pub(crate) type Found = Vec<Problem>;

/// A text as it stands in a message: in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// An object as it stands in a message: as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The first thing that is wrong with the spec, then with what it refers to. `rollout` has the template that is in
/// effect, also when it comes from a workload: that it has none of its own was seen when it was resolved.
pub(crate) fn check(observed: &Observed, rollout: &Rollout) -> Result<(), String> {
    let mut own = None;
    if rollout.spec.workload_ref.is_some() {
        own.insert(rollout.clone()).spec.workload_ref = None;
    }
    let rollout = own.as_ref().unwrap_or(rollout);
    let first = |found: Found| found.into_iter().next().map_or(Ok(()), Err);
    first(problems(rollout))
        .and_then(|()| first(unsupported(&without_disabled(observed, rollout))))
        .and_then(|()| references::check(observed, rollout))
        .map_err(|problem| problem.to_string())
}

/// The Rollout without the plugins whose steps are passed over; the steps keep their places.
fn without_disabled<'r>(observed: &Observed, rollout: &'r Rollout) -> Cow<'r, Rollout> {
    let mut rollout = Cow::Borrowed(rollout);
    if !observed.settings.disabled_plugins.is_empty()
        && let Some(canary) = &mut rollout.to_mut().spec.strategy.canary
    {
        for step in &mut canary.steps {
            step.plugin = step.plugin.take().filter(|plugin| !plugins::is_disabled(observed, plugin));
        }
    }
    rollout
}

/// Everything that is wrong with a spec by itself, in the order in which the controller looks: the first one is what
/// its `InvalidSpec` condition says.
///
/// ```
/// let rollout: crd::Rollout = crd::yaml::from_str("{spec: {replicas: -1, strategy: {canary: {}}}}")?;
/// let found = aviary_rollout::problems(&rollout);
/// assert_eq!(found[0].to_string(), "spec.replicas: Invalid value: -1: must be greater than or equal to 0");
/// # Ok::<(), crd::yaml::Error>(())
/// ```
pub fn problems(rollout: &Rollout) -> Vec<Problem> {
    let spec = &rollout.spec;
    let mut found = Found::new();
    not_negative("spec.replicas", spec.replicas.unwrap_or(1), &mut found);
    template::of(spec, &mut found);
    not_negative("spec.minReadySeconds", spec.min_ready_seconds, &mut found);
    not_negative("spec.revisionHistoryLimit", spec.revision_history_limit.unwrap_or(10), &mut found);
    let deadline = spec.progress_deadline_seconds.unwrap_or(600);
    not_negative("spec.progressDeadlineSeconds", deadline, &mut found);
    if deadline <= spec.min_ready_seconds {
        found.push(Problem::invalid(
            "spec.progressDeadlineSeconds",
            &deadline.to_string(),
            "must be greater than minReadySeconds",
        ));
    }
    strategy::check(rollout, &mut found);
    found
}

/// What is right, and not carried out by this version of Aviary.
pub fn unsupported(rollout: &Rollout) -> Vec<Problem> {
    let mut found = Found::new();
    unsupported::check(rollout, &mut found);
    found
}

fn not_negative(field: &str, value: i32, found: &mut Found) {
    if value < 0 {
        found.push(Problem::invalid(field, &value.to_string(), "must be greater than or equal to 0"));
    }
}
