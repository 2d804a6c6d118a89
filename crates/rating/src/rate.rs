//! How often one client may ask.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::Request;
use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::header;

use crate::problem::Problem;

/// After so many requests clients that have been quiet are forgotten: memory follows who is there.
const CLEAN_AFTER: u32 = 10_000;
/// Clients without an address share one allowance.
const UNKNOWN: &str = "unknown";

/// An allowance per client, refilled steadily (GCRA).
pub(crate) struct Rate {
    limit: NonZeroU32,
    limiter: RateLimiter<String, HashMapStateStore<String>, DefaultClock>,
    clock: DefaultClock,
    served: AtomicU32,
}

impl Rate {
    /// So many requests a second, as many at once.
    pub(crate) fn new(limit: NonZeroU32) -> Self {
        let limiter = RateLimiter::hashmap(Quota::per_second(limit));
        Self { limit, limiter, clock: DefaultClock::default(), served: AtomicU32::new(0) }
    }

    /// Takes one from the client's allowance.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), Problem> {
        if self.served.fetch_add(1, Ordering::Relaxed) % CLEAN_AFTER == CLEAN_AFTER - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&client(request)).map_err(|refused| {
            let wait = refused.wait_time_from(self.clock.now());
            Problem::TooMany { rate: self.limit.get(), seconds: wait.as_secs() + 1 }
        })
    }
}

/// Who asks: the token if there is one, else the address that the gateway before us has seen. That is the last one of
/// the header: everything before it is the client's own word.
fn client(request: &Request) -> String {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text(header::AUTHORIZATION.as_str()) {
        return token.to_owned();
    }
    let address = text("x-forwarded-for").and_then(|list| list.rsplit(',').next()).map(str::trim);
    address.filter(|address| !address.is_empty()).unwrap_or(UNKNOWN).to_owned()
}
