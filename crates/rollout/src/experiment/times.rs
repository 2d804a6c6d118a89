//! How long an Experiment runs.

use crd::{Experiment, duration};
use jiff::{SignedDuration, Timestamp};

/// When its time is over; `None` while it has not begun, and when it has no end.
pub(super) fn end(experiment: &Experiment) -> Option<Timestamp> {
    let begun = experiment.status.available_at?.timestamp();
    let duration = duration::parse(&experiment.spec.duration).ok()?;
    begun.saturating_add(SignedDuration::try_from(duration).ok()?).ok()
}

/// Whether its time is over. A duration that cannot be read never passes.
pub(super) fn has_passed(experiment: &Experiment, now: Timestamp) -> bool {
    end(experiment).is_some_and(|end| now > end)
}

/// The moment that comes after so many seconds; as late as time goes when there are too many.
pub(super) fn after(moment: Timestamp, seconds: i32) -> Timestamp {
    moment.saturating_add(SignedDuration::from_secs(seconds.into())).unwrap_or(Timestamp::MAX)
}
