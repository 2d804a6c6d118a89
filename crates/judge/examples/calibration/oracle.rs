//! The best test of a fixed size: Fisher's, one-sided, that knows both rates beforehand.

use crate::fails::ALPHA;

/// `ln(n!)` for whole n, by Stirling's series above a table.
struct Factorials(Vec<f64>);

impl Factorials {
    fn new() -> Self {
        let mut logs = vec![0.0];
        for n in 1..4096 {
            logs.push(logs[n - 1] + (n as f64).ln());
        }
        Self(logs)
    }

    fn ln(&self, n: f64) -> f64 {
        if let Some(known) = self.0.get(n as usize) {
            return *known;
        }
        let x = n + 1.0;
        (x - 0.5) * x.ln() - x + 0.918_938_533_204_672_8 + 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3))
    }

    fn choose(&self, n: f64, k: f64) -> f64 {
        self.ln(n) - self.ln(k) - self.ln(n - k)
    }
}

/// Canary requests of the smallest test at 1 % that finds `p1` beside `p0` with 90 % power.
pub(crate) fn requests(p0: f64, p1: f64, share: f64) -> f64 {
    let logs = Factorials::new();
    let odds = (1.0 - share) / share;
    let enough = |n: f64| power(&logs, n.round(), (n * odds).round(), p0, p1) >= 0.9;
    let mut high = 8.0;
    while !enough(high) {
        high *= 2.0;
    }
    let mut low = high / 2.0;
    while high - low > 0.5 && high / low > 1.001 {
        let middle = f64::midpoint(low, high);
        if enough(middle) { high = middle } else { low = middle }
    }
    high.round()
}

fn power(logs: &Factorials, n1: f64, n0: f64, p0: f64, p1: f64) -> f64 {
    let (low1, canary) = binomial(logs, n1, p1);
    let (low0, stable) = binomial(logs, n0, p0);
    let most = low1 + canary.len() + low0 + stable.len();
    let critical = critical(logs, n1, n0, most);
    // Chances of the canary's count or more, so that one sum over stable's is left.
    let mut tails = canary;
    for at in (1..tails.len()).rev() {
        tails[at - 1] += tails[at];
    }
    let mut sum = 0.0;
    for (at, chance) in stable.iter().enumerate() {
        let x0 = low0 + at;
        let first = (low1..low1 + tails.len()).find(|x1| *x1 >= critical[x1 + x0]);
        sum += first.map_or(0.0, |x1| chance * tails[x1 - low1]);
    }
    sum
}

/// Chances of the counts that matter, and the lowest of them.
fn binomial(logs: &Factorials, n: f64, p: f64) -> (usize, Vec<f64>) {
    if p <= 0.0 {
        return (0, vec![1.0]);
    }
    let (mean, spread) = (n * p, 8.0 * (n * p * (1.0 - p)).sqrt() + 10.0);
    let low = (mean - spread).max(0.0) as usize;
    let high = (mean + spread).min(n) as usize;
    let chance =
        |k: usize| (logs.choose(n, k as f64) + k as f64 * p.ln() + (n - k as f64) * (-p).ln_1p()).exp();
    (low, (low..=high).map(chance).collect())
}

/// For each number of bad events in both arms, from how many of the canary's on the test rejects.
fn critical(logs: &Factorials, n1: f64, n0: f64, most: usize) -> Vec<usize> {
    let mut critical = vec![usize::MAX];
    let mut from = 0_usize;
    for k in 1..=most {
        let all = logs.choose(n1 + n0, k as f64);
        let chance = |x: usize| {
            if x as f64 > n1 || (k - x) as f64 > n0 {
                return 0.0;
            }
            (logs.choose(n1, x as f64) + logs.choose(n0, (k - x) as f64) - all).exp()
        };
        let tail = |x: usize| {
            let mut sum = 0.0;
            for at in x..=k {
                let add = chance(at);
                sum += add;
                if at > x + 2 && add < 1e-12 {
                    break;
                }
            }
            sum
        };
        while from <= k && tail(from) > ALPHA {
            from += 1;
        }
        critical.push(if from <= k { from } else { usize::MAX });
    }
    critical
}
