//! What a window shows of each kind of metric: sufficient statistics, drawn exactly.

use crate::fails::Traffic;
use crate::random::{Binomials, Random};
use aviary_judge::{Buckets, Counts, Sample, Window};

/// Seconds in a window.
const SECONDS: f64 = 10.0;
/// The canary's share of traffic and pods, where nothing else is said.
const SHARE: f64 = 0.1;
/// Errors where latencies are judged beside them.
const ERRORS: f64 = 0.01;
/// Upper ends of buckets, in seconds. A boundary lies at stable's median, at its p90 and at its p99, so that what the
/// warm-up has seen decides anew in each release which edges are judged.
const BOUNDS: [f64; 6] = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6];
const BUCKETS: [f64; 7] = [0.25, 0.25, 0.25, 0.15, 0.08, 0.01, 0.01];
/// Buckets up to stable's p90.
const QUICK: usize = 4;
/// Requests in a window, the canary's share of them, and errors: two routes of which the canary gets half of its
/// requests from each, and stable a tenth from the one that fails more often.
const ROUTES: [(usize, f64, f64); 2] = [(140, 50.0 / 140.0, 0.05), (860, 50.0 / 860.0, 0.002)];
pub(crate) const REGIONS: [&str; 2] = ["eu", "us"];

/// Which traffic, and which metrics are told of it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Events per pod-second, on so many pods of each arm.
    Rate { rate: f64, pods: [f64; 2] },
    /// So many requests in a window.
    Latency(usize),
    /// A mean between 0 and 1, how much it varies before it is cut off there, and its correlation from window to window.
    Gauge { mean: f64, spread: f64, rho: f64 },
    /// So many canary requests in a window, each bad with this chance.
    Canary(usize, f64),
    /// The canary's events per pod-second, on one pod.
    Events(f64),
    /// Two routes, told apart.
    Strata,
    /// The same, not told apart.
    Pooled,
    /// Errors and latencies of one region.
    Region,
    /// The same of two regions at once.
    Regions,
}

/// Windows of one kind, one after the other.
pub(crate) enum Draws {
    Rate { means: [f64; 2], pods: [f64; 2] },
    Latency(Requests),
    Gauge { means: [f64; 2], spread: f64, rho: f64, noise: [f64; 2] },
    Canary(usize, Binomials),
    Events(f64),
    Routes { routes: [Traffic; 2], apart: bool },
    Region { requests: Requests, errors: [Binomials; 2] },
    Regions(Box<Self>),
}

impl Kind {
    /// Windows of a canary that is so many times as bad as it may be: what stable is, or what the limit says.
    pub(crate) fn draws(self, effect: f64) -> Draws {
        match self {
            Self::Rate { rate, pods } => {
                let [canary, stable] = pods.map(|pods| rate * pods * SECONDS);
                Draws::Rate { means: [canary * effect, stable], pods }
            }
            Self::Latency(total) => Draws::Latency(Requests::new(total, effect)),
            Self::Gauge { mean, spread, rho } => {
                Draws::Gauge { means: [mean * effect, mean], spread, rho, noise: [0.0; 2] }
            }
            Self::Canary(requests, bad) => Draws::Canary(requests, Binomials::new(bad * effect)),
            Self::Events(rate) => Draws::Events(rate * SECONDS * effect),
            Self::Strata | Self::Pooled => Draws::Routes {
                routes: ROUTES.map(|(total, share, bad)| Traffic::new(total, share, bad * effect, bad)),
                apart: self == Self::Strata,
            },
            Self::Region => Draws::Region {
                requests: Requests::new(1000, 1.0),
                errors: [ERRORS * effect, ERRORS].map(Binomials::new),
            },
            Self::Regions => Draws::Regions(Box::new(Self::Region.draws(effect))),
        }
    }
}

impl Draws {
    /// Another release begins: what a gauge was before has nothing to do with it.
    pub(crate) fn begin(&mut self, random: &mut Random) {
        if let Self::Gauge { noise, .. } = self {
            *noise = [random.normal(), random.normal()];
        }
    }

    pub(crate) fn window(&mut self, random: &mut Random) -> Window {
        let window = Window::of(SECONDS);
        let alone = |exposure: f64, bad: usize| Sample::Counts(Counts::new(exposure, 0.0, bad as f64, 0.0));
        match self {
            Self::Rate { means, pods } => {
                let [canary, stable] = means.map(|mean| random.poisson(mean) as f64);
                let [canary_exposure, stable_exposure] = pods.map(|pods| pods * SECONDS);
                let counts = Counts::new(canary_exposure, stable_exposure, canary, stable);
                window.with("pauses", Sample::Counts(counts))
            }
            Self::Latency(requests) => {
                let arms = requests.route(random);
                window.with("latency", requests.latencies(arms, random))
            }
            Self::Gauge { means, spread, rho, noise } => {
                let [canary, stable] = [0, 1].map(|arm| {
                    noise[arm] = *rho * noise[arm] + (1.0 - *rho * *rho).sqrt() * random.normal();
                    (means[arm] + *spread * noise[arm]).clamp(0.0, 1.0)
                });
                window.with("cpu", Sample::Means { canary, stable })
            }
            Self::Canary(requests, bad) => {
                window.with("ceiling", alone(*requests as f64, bad.draw(*requests, random)))
            }
            Self::Events(mean) => window.with("ceiling", alone(SECONDS, random.poisson(*mean))),
            Self::Routes { routes, apart } => {
                let strata = routes.each_mut().map(|route| route.window(random));
                window.with("errors", if *apart { Sample::Strata(strata.to_vec()) } else { pooled(strata) })
            }
            Self::Region { .. } => self.region(window, "", random),
            Self::Regions(one) => {
                REGIONS.into_iter().fold(window, |window, region| one.region(window, region, random))
            }
        }
    }

    /// Errors and latencies of the same requests.
    fn region(&mut self, window: Window, region: &str, random: &mut Random) -> Window {
        let Self::Region { requests, errors } = self else { return window };
        let arms = requests.route(random);
        let [x1, x0] = [0, 1].map(|arm| errors[arm].draw(arms[arm], random) as f64);
        let counts = Counts::new(arms[0] as f64, arms[1] as f64, x1, x0);
        let latencies = requests.latencies(arms, random);
        let window = window.with_region("errors", region, Sample::Counts(counts));
        window.with_region("latency", region, latencies)
    }
}

/// Both routes in one.
fn pooled(routes: [Counts; 2]) -> Sample {
    let [one, other] = routes;
    Sample::Counts(Counts::new(
        one.canary_exposure + other.canary_exposure,
        one.stable_exposure + other.stable_exposure,
        one.canary_bad + other.canary_bad,
        one.stable_bad + other.stable_bad,
    ))
}

/// Requests that are routed one by one, and take their time.
pub(crate) struct Requests {
    total: usize,
    routed: Binomials,
    arms: [Histogram; 2],
}

impl Requests {
    /// So many times as many of the canary's take longer than stable's p90.
    fn new(total: usize, effect: f64) -> Self {
        let slow: f64 = BUCKETS[QUICK..].iter().sum();
        let quick = (1.0 - slow * effect) / (1.0 - slow);
        let canary = std::array::from_fn(|at| BUCKETS[at] * if at < QUICK { quick } else { effect });
        Self { total, routed: Binomials::new(SHARE), arms: [canary, BUCKETS].map(Histogram::new) }
    }

    /// How many the canary gets, and stable.
    fn route(&mut self, random: &mut Random) -> [usize; 2] {
        let canary = self.routed.draw(self.total, random);
        [canary, self.total - canary]
    }

    fn latencies(&mut self, [canary, stable]: [usize; 2], random: &mut Random) -> Sample {
        let [one, other] = &mut self.arms;
        let (canary, stable) = (one.draw(canary, random), other.draw(stable, random));
        Sample::Buckets(Buckets { bounds: BOUNDS.to_vec(), canary, stable })
    }
}

/// A multinomial: bucket by bucket, of those that are in none before.
struct Histogram {
    buckets: Vec<Binomials>,
}

impl Histogram {
    fn new(chances: [f64; 7]) -> Self {
        let mut left = 1.0;
        let bucket = |chance: &f64| {
            let here = Binomials::new(chance / left);
            left -= chance;
            here
        };
        Self { buckets: chances[..6].iter().map(bucket).collect() }
    }

    fn draw(&mut self, mut left: usize, random: &mut Random) -> Vec<f64> {
        let here = |bucket: &mut Binomials| {
            let here = bucket.draw(left, random);
            left -= here;
            here as f64
        };
        let mut counts: Vec<f64> = self.buckets.iter_mut().map(here).collect();
        counts.push(left as f64);
        counts
    }
}
