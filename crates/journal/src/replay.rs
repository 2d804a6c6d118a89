//! The same decision again.

use rollout::Observed;
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use crate::{Entry, Error, changes};

/// Something that the core decides otherwise than it was recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Where in the decision, such as `status.currentStepIndex`.
    pub field: String,
    /// What was recorded; null when nothing was.
    pub recorded: Value,
    /// What is decided now; null when nothing is.
    pub decided: Value,
}

impl Entry {
    /// What the pass saw.
    pub fn observed(&self) -> Result<Observed, Error> {
        Observed::deserialize(&self.inputs)
            .map_err(|error| Error::Entry { number: self.number, why: error.to_string() })
    }

    /// Decides again, with the same inputs and the same time; tells where the decision differs from the recorded one.
    pub fn replay(&self) -> Result<Vec<Difference>, Error> {
        let decided = rollout::reconcile(&self.observed()?, self.time);
        let decided = serde_json::to_value(decided)
            .map_err(|error| Error::Entry { number: self.number, why: error.to_string() })?;
        let mut found = Vec::new();
        changes::compare("", &self.decision, &decided, &mut |field, recorded, decided| {
            found.push(Difference {
                field: field.to_owned(),
                recorded: recorded.clone(),
                decided: decided.clone(),
            });
        });
        Ok(found)
    }
}
