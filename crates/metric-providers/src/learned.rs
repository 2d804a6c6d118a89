//! Secrets that a measurement comes to know on its way, such as tokens: they must not come out again either.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

/// The secrets that one measurement has learned. Clones share them.
#[derive(Clone, Default)]
pub struct Learned(Arc<Mutex<Vec<String>>>);

impl Learned {
    pub(crate) fn add(&self, secret: &str) {
        self.0.lock().push(secret.to_owned());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

/// How many.
impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Learned({})", self.0.lock().len())
    }
}
