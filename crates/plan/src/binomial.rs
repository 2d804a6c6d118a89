//! Random numbers of failures, from a seed.

/// SplitMix64: the same seed gives the same numbers.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1, never 0.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// How many of `n` requests fail when each does with probability `p`.
    ///
    /// Exact in distribution up to a mean of 30 (counting exponential gaps: Devroye, Non-Uniform Random Variate
    /// Generation, X.4.3); beyond that the normal approximation, whose error is below what is printed.
    pub(crate) fn binomial(&mut self, n: f64, p: f64) -> f64 {
        if p <= 0.0 || n < 1.0 {
            return 0.0;
        }
        if p >= 1.0 {
            return n;
        }
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        let mean = n * p;
        if mean > 30.0 {
            let normal = (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
            return (mean + normal * (mean * (1.0 - p)).sqrt()).round().clamp(0.0, n);
        }
        let log = (-p).ln_1p();
        let (mut count, mut passed) = (0.0, 0.0);
        loop {
            passed += (self.uniform().ln() / log).floor() + 1.0;
            if passed > n {
                return count;
            }
            count += 1.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_have_the_mean_and_the_spread_of_a_binomial() {
        for (n, p) in [(300.0, 0.005), (300.0, 0.2), (40.0, 0.9), (5_000.0, 0.01)] {
            let mut dice = Dice::new(7);
            let draws: Vec<f64> = (0..20_000).map(|_| dice.binomial(n, p)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|draw| (draw - mean).powi(2)).sum::<f64>() / 20_000.0;
            let (wanted, spread) = (n * p, n * p * (1.0 - p));
            assert!((mean - wanted).abs() < 4.0 * (spread / 20_000.0).sqrt(), "{n} {p}: {mean} for {wanted}");
            assert!((variance / spread - 1.0).abs() < 0.06, "{n} {p}: {variance} for {spread}");
        }
    }
}
