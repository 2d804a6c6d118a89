//! The alternatives that the evidence is spread over, and what one window says about each.

use crate::counts::Counts;
use crate::margin::Margin;
use std::sync::LazyLock;

/// How many alternatives each side has.
pub const NODES: usize = 16;

/// An alternative: the canary is `m` times as bad as the margin allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) m: f64,
    ln_m: f64,
}

/// What the alternatives of the fail test multiply by: 16 log-spaced from 1.2 to 32 (judge 2.2).
pub(crate) static FAIL: LazyLock<[Node; NODES]> = LazyLock::new(|| {
    let step = (32.0_f64 / 1.2).ln() / 15.0;
    std::array::from_fn(|at| node((1.2_f64.ln() + step * at as f64).exp()))
});

/// What the alternatives of the pass test multiply by: 0, and 15 log-spaced from 1/64 to 1/1.1 (judge 2.3).
pub(crate) static PASS: LazyLock<[Node; NODES]> = LazyLock::new(|| {
    let step = (64.0_f64 / 1.1).ln() / 14.0;
    std::array::from_fn(|at| match at.checked_sub(1) {
        None => node(0.0),
        Some(at) => node((step * at as f64 - 64.0_f64.ln()).exp()),
    })
});

fn node(m: f64) -> Node {
    Node { m, ln_m: m.ln() }
}

/// The logarithm of one window's e-value against `margin`, for the alternative that the canary is `multiplier` times
/// as bad as the margin allows (judge 2.1, after Lindon and Malek, arXiv 2011.03567).
///
/// Its expectation under the null is at most 1 for every rate of stable, so products over windows may be looked at any
/// time. Zero for a window in which an arm had no exposure; minus infinity when a canary that should be spotless
/// (`multiplier` 0) was not.
#[must_use]
pub fn window_log_e(multiplier: f64, margin: Margin, counts: &Counts) -> f64 {
    if !counts.both_exposed() {
        return 0.0;
    }
    let term = term(&node(multiplier), margin.relative, counts);
    term.likelihood - margin.absolute * term.slack
}

/// What a window says about one alternative: `likelihood - d * slack`, for whichever absolute margin `d`.
#[derive(Clone, Copy)]
struct Term {
    likelihood: f64,
    slack: f64,
}

fn term(node: &Node, relative: f64, counts: &Counts) -> Term {
    let [n1, n0, x1, x0] = counts.as_array();
    let b = (relative * n1 + n0) / (node.m * relative * n1 + n0);
    let slack = n1 * (node.m * b - 1.0);
    if x1 <= 0.0 && x0 <= 0.0 {
        return Term { likelihood: 0.0, slack };
    }
    let ln_b = b.ln();
    // Without bad events the canary says nothing about a spotless alternative; 0 times minus infinity would be NaN.
    let canary = if x1 > 0.0 { x1 * (node.ln_m + ln_b) } else { 0.0 };
    Term { likelihood: canary + x0 * ln_b, slack }
}

/// What a window says about all alternatives of a side, for one relative margin and whichever absolute one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    pub(crate) likelihood: [f64; NODES],
    pub(crate) slack: [f64; NODES],
}

impl Terms {
    /// What a window says about the alternatives of the fail test. Strata (routes, tenants) are judged each by itself
    /// and added (judge 2.7).
    #[must_use]
    pub fn fail(relative: f64, strata: &[Counts]) -> Self {
        Self::of(&FAIL, relative, strata)
    }

    /// What a window says about the alternatives of the pass test.
    #[must_use]
    pub fn pass(relative: f64, strata: &[Counts]) -> Self {
        Self::of(&PASS, relative, strata)
    }

    pub(crate) fn of(nodes: &[Node; NODES], relative: f64, strata: &[Counts]) -> Self {
        let mut sum = Self { likelihood: [0.0; NODES], slack: [0.0; NODES] };
        for counts in strata.iter().filter(|counts| counts.both_exposed()) {
            for ((node, likelihood), slack) in nodes.iter().zip(&mut sum.likelihood).zip(&mut sum.slack) {
                let term = term(node, relative, counts);
                *likelihood += term.likelihood;
                *slack += term.slack;
            }
        }
        sum
    }

    /// The log increments against an absolute margin, tempered by `phi`.
    #[must_use]
    pub fn increments(&self, absolute: f64, phi: f64) -> [f64; NODES] {
        let mut increments = self.likelihood;
        for (increment, slack) in increments.iter_mut().zip(&self.slack) {
            *increment = (*increment - absolute * slack) / phi;
        }
        increments
    }
}
