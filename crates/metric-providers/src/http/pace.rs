//! How quickly an answer comes: the time that a metric gives it, and the pace of a long one, which keeps a place from
//! others.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::Fault;

/// What is left of the time that a metric gives. What is not spent here, such as a wait for others, costs nothing of it.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Duration,
    left: Duration,
}

impl Budget {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, left: limit }
    }

    /// What comes of this, if it comes while there is time.
    pub(super) async fn spend<T>(&mut self, on: impl Future<Output = T>) -> Result<T, Fault> {
        let began = Instant::now();
        let done = if self.left.is_zero() { None } else { timeout(self.left, on).await.ok() };
        self.left = self.left.saturating_sub(began.elapsed());
        done.ok_or(Fault::Deadline(self.limit))
    }
}

/// How quickly a long answer must arrive. One that comes steadily may take its time, and one that stalls is given up soon.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Longest time without a byte.
    pub(super) stall: Duration,
    /// Least bytes a second, once so much time has passed.
    pub(super) rate: u32,
}

impl Default for Pace {
    /// The longest answer that may be read arrives within 21 seconds.
    fn default() -> Self {
        Self { stall: Duration::from_secs(5), rate: 256 << 10 }
    }
}

impl Pace {
    /// How long the next bytes may take, when so many arrived in the time since `began`.
    pub(super) fn next(&self, passed: Duration, arrived: usize) -> Duration {
        let arrived = u32::try_from(arrived).unwrap_or(u32::MAX);
        let until = self.stall + Duration::from_secs(1).saturating_mul(arrived) / self.rate.max(1);
        self.stall.min(until.saturating_sub(passed))
    }

    /// What is told of an answer that is slower.
    pub(super) fn missed(&self) -> Fault {
        Fault::Slow { stall: self.stall, rate: self.rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn what_others_take_costs_nothing_of_a_metrics_time() {
        let mut budget = Budget::new(3 * SECOND);
        assert_eq!(budget.spend(tokio::time::sleep(2 * SECOND)).await, Ok(()));
        tokio::time::advance(100 * SECOND).await;
        assert_eq!(budget.spend(std::future::ready(7)).await, Ok(7));
        let began = Instant::now();
        assert_eq!(budget.spend(std::future::pending::<()>()).await, Err(Fault::Deadline(3 * SECOND)));
        assert!((SECOND..2 * SECOND).contains(&began.elapsed()), "{:?}", began.elapsed());
        assert_eq!(budget.spend(std::future::ready(7)).await, Err(Fault::Deadline(3 * SECOND)));
    }

    #[test]
    fn an_answer_that_comes_steadily_may_take_its_time() {
        let pace = Pace { stall: 5 * SECOND, rate: 1_000 };
        for (passed, arrived, next) in [
            (0, 0, 5),
            (4, 0, 1),
            (5, 0, 0),
            (10, 5_000, 0),
            (10, 6_000, 1),
            (10, 10_000, 5),
            (10, 1_000_000, 5),
            (1_000, 900_000, 0),
            (1_000, 1_000_000, 5),
        ] {
            assert_eq!(pace.next(passed * SECOND, arrived), next * SECOND, "{arrived} bytes in {passed} s");
        }
    }
}
