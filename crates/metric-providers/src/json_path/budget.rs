//! What one evaluation may use: it runs between the controller's other work, and both path and document are a
//! stranger's.

use crate::http::MAX_BODY;

/// Values looked at. A document of [`MAX_BODY`] bytes has rarely a tenth of them; what needs more multiplies.
const STEPS: usize = 5_000_000;

/// Values that one step may find: no body has more, for each takes a character and a comma.
const FOUND: usize = MAX_BODY / 2;

/// Steps left.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { steps: STEPS }
    }

    /// Charges work that is about to be done.
    pub(super) fn work(&mut self, amount: usize) -> Result<(), String> {
        self.steps = self.steps.checked_sub(amount).ok_or_else(|| {
            format!("it takes more than {STEPS} steps: name the members that lead to the value, and use `..` and filters once")
        })?;
        Ok(())
    }

    /// Charges values that are about to be added to the `found` ones.
    pub(super) fn collect(&mut self, found: usize, more: usize) -> Result<(), String> {
        if found.saturating_add(more) > FOUND {
            return Err(format!(
                "a step finds more than {FOUND} values: name the members that lead to the value, and use `..` once"
            ));
        }
        self.work(more)
    }
}
