//! A bound on requests, as the peer's clients keep it: so many at once, so many a second after that.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Asked;
use crate::settings::RequestRate;

/// The bound. The custom resources, the built-in kinds and all others each have the whole of it, because the peer has a
/// client for each of them; the lease has none, for whoever waits in line loses it.
///
/// It counts on tokio's clock, which no library at hand does, so that whole controllers can run in virtual time.
#[derive(Debug)]
pub(crate) struct Rate {
    /// Time between two requests in the long run.
    interval: Duration,
    /// How far ahead of that requests may be.
    ahead: Duration,
    /// When the next request of each class would come if all came at their interval.
    next: Mutex<[Option<Instant>; 3]>,
}

impl Rate {
    pub(crate) fn new(rate: RequestRate) -> Self {
        let interval = Duration::try_from_secs_f64(1.0 / rate.per_second).unwrap_or_default();
        let ahead = interval.saturating_mul(rate.burst.saturating_sub(1));
        Self { interval, ahead, next: Mutex::default() }
    }

    /// Waits until it is this request's turn.
    pub(crate) async fn wait(&self, asked: &Asked) {
        let Some(class) = class(&asked.group) else { return };
        let turn = self.turn(class, Instant::now());
        tokio::time::sleep_until(turn).await;
    }

    /// Takes the next turn of a class.
    fn turn(&self, class: usize, now: Instant) -> Instant {
        let mut all = self.next.lock();
        let Some(next) = all.get_mut(class) else { return now };
        let regular = next.map_or(now, |next| next.max(now));
        *next = Some(regular + self.interval);
        regular.checked_sub(self.ahead).map_or(now, |turn| turn.max(now))
    }
}

/// Which of the peer's clients would ask.
fn class(group: &str) -> Option<usize> {
    match group {
        "coordination.k8s.io" => None,
        "argoproj.io" => Some(0),
        "" | "apps" | "batch" | "events.k8s.io" | "networking.k8s.io" | "policy" => Some(1),
        _ => Some(2),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn asked(uri: &str) -> Asked {
        Asked::of(&Request::get(uri).body(()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_at_once_and_then_so_many_a_second() {
        let rate = Rate::new(RequestRate { per_second: 40.0, burst: 80 });
        let pods = asked("/api/v1/pods");
        let began = Instant::now();
        for _ in 0..80 {
            rate.wait(&pods).await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        for _ in 0..40 {
            rate.wait(&pods).await;
        }
        // Timers of tokio have a grain of a millisecond.
        assert!(
            began.elapsed().abs_diff(Duration::from_secs(1)) < Duration::from_millis(5),
            "{:?}",
            began.elapsed()
        );
        rate.wait(&asked("/apis/argoproj.io/v1alpha1/rollouts")).await;
        rate.wait(&asked("/apis/gateway.networking.k8s.io/v1/httproutes")).await;
        for _ in 0..1_000 {
            rate.wait(&asked("/apis/coordination.k8s.io/v1/leases")).await;
        }
        assert!(began.elapsed() < Duration::from_millis(1_005), "others do not wait");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_gives_the_burst_back() {
        let rate = Rate::new(RequestRate { per_second: 10.0, burst: 5 });
        let pods = asked("/api/v1/pods");
        for _ in 0..20 {
            rate.wait(&pods).await;
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        let began = Instant::now();
        for _ in 0..5 {
            rate.wait(&pods).await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        rate.wait(&pods).await;
        assert!(began.elapsed() > Duration::from_millis(90));
    }
}
