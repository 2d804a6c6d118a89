//! Releases: traffic that is drawn window by window, and the fail process that looks at it, in two modes at once.

use crate::random::{Binomials, Random};
use aviary_judge::{Counts, PhiEstimate, Portfolio, Terms, cap, pair_chi_square, restart_share};

pub(crate) const ALPHA: f64 = 0.01;
/// `independent` and `auto`.
pub(crate) const MODES: [&str; 2] = ["independent", "auto"];

/// Requests that are routed one by one, each bad with a chance of its arm's.
pub(crate) struct Traffic {
    total: usize,
    routed: Binomials,
    canary: Binomials,
    stable: Binomials,
}

impl Traffic {
    /// So many requests in a window, of which the canary gets its share.
    pub(crate) fn new(total: usize, share: f64, canary: f64, stable: f64) -> Self {
        Self {
            total,
            routed: Binomials::new(share),
            canary: Binomials::new(canary),
            stable: Binomials::new(stable),
        }
    }

    pub(crate) fn window(&mut self, random: &mut Random) -> Counts {
        let n1 = self.routed.draw(self.total, random);
        let n0 = self.total - n1;
        let (x1, x0) = (self.canary.draw(n1, random), self.stable.draw(n0, random));
        Counts::new(n1 as f64, n0 as f64, x1 as f64, x0 as f64)
    }
}

/// The fail process of both modes over the same windows. The margin is none at all: the hardest null.
pub(crate) struct Fails {
    portfolios: [Portfolio; 2],
    phi: PhiEstimate,
    prior: f64,
    last: Option<Counts>,
    share: f64,
    cap: f64,
    windows: u32,
    /// The window in which each mode failed.
    pub(crate) failed: [Option<u32>; 2],
}

impl Fails {
    pub(crate) fn new(seconds: f64) -> Self {
        Self {
            portfolios: Default::default(),
            phi: PhiEstimate::default(),
            prior: 1.0,
            last: None,
            share: restart_share(seconds),
            cap: cap(ALPHA),
            windows: 0,
            failed: [None; 2],
        }
    }

    /// With dispersion that was learnt before.
    pub(crate) fn expecting(seconds: f64, prior: f64) -> Self {
        Self { prior, ..Self::new(seconds) }
    }

    pub(crate) fn observe(&mut self, window: &Counts) {
        self.windows += 1;
        if !window.both_exposed() {
            return;
        }
        let plain = Terms::fail(1.0, std::slice::from_ref(window)).increments(0.0, 1.0);
        let phi = self.phi.phi(self.prior);
        let tempered = plain.map(|increment| increment / phi);
        for (at, increments) in [plain, tempered].iter().enumerate() {
            if self.failed[at].is_none() {
                self.portfolios[at].observe(increments, self.share, self.cap);
                if self.portfolios[at].log_e() >= -ALPHA.ln() {
                    self.failed[at] = Some(self.windows);
                }
            }
        }
        let pair = self.last.as_ref().and_then(|last| pair_chi_square(last, window));
        self.phi.add(pair);
        self.last = Some(*window);
    }

    pub(crate) fn log_e(&self) -> [f64; 2] {
        [self.portfolios[0].log_e(), self.portfolios[1].log_e()]
    }

    pub(crate) fn both_failed(&self) -> bool {
        self.failed.iter().all(Option::is_some)
    }
}
