//! Whether a Rollout can be carried out at all: the first thing that is wrong, in the order and the words of spec
//! rollout-fields 2.5 and 2.6.

mod references;
pub(crate) mod routes;
mod strategy;
mod template;

use std::fmt;

use crd::Rollout;

use crate::observed::Observed;

/// Something wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem(String);

impl Problem {
    /// The value, as JSON, is not one that the field may have.
    pub(crate) fn invalid(field: &str, value: &str, detail: &str) -> Self {
        Self(format!("{field}: Invalid value: {value}: {detail}"))
    }

    /// The field must be set.
    pub(crate) fn required(field: &str, detail: &str) -> Self {
        Self(format!("{field}: Required value: {detail}"))
    }

    /// The field must not be set.
    pub(crate) fn forbidden(field: &str, detail: &str) -> Self {
        Self(format!("{field}: Forbidden: {detail}"))
    }

    /// The value is not one of a few.
    pub(crate) fn unsupported(field: &str, value: &str, supported: &str) -> Self {
        Self(format!("{field}: Unsupported value: {value}: supported values: {supported}"))
    }

    /// Anything else, in the shape of Kubernetes' field errors.
    pub(crate) fn text(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text as it stands in a message: in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// An object as it stands in a message: as JSON.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The first thing that is wrong with the spec, then with what it refers to.
pub(crate) fn check(observed: &Observed, rollout: &Rollout) -> Result<(), String> {
    spec(rollout).and_then(|()| references::check(observed, rollout)).map_err(|problem| problem.to_string())
}

fn spec(rollout: &Rollout) -> Result<(), Problem> {
    let spec = &rollout.spec;
    not_negative("spec.replicas", spec.replicas.unwrap_or(1))?;
    template::selector(spec)?;
    template::check(spec)?;
    not_negative("spec.minReadySeconds", spec.min_ready_seconds)?;
    not_negative("spec.revisionHistoryLimit", spec.revision_history_limit.unwrap_or(10))?;
    let deadline = spec.progress_deadline_seconds.unwrap_or(600);
    not_negative("spec.progressDeadlineSeconds", deadline)?;
    if deadline <= spec.min_ready_seconds {
        return Err(Problem::invalid(
            "spec.progressDeadlineSeconds",
            &deadline.to_string(),
            "must be greater than minReadySeconds",
        ));
    }
    strategy::check(rollout)
}

fn not_negative(field: &str, value: i32) -> Result<(), Problem> {
    if value >= 0 {
        return Ok(());
    }
    Err(Problem::invalid(field, &value.to_string(), "must be greater than or equal to 0"))
}
