//! A small seeded generator, and exact draws from the distributions of traffic.

/// xoshiro256++ (Blackman and Vigna), seeded by SplitMix64.
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    pub(crate) fn new(mut seed: u64) -> Self {
        let state = std::array::from_fn(|_| {
            seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^ (z >> 31)
        });
        Self { state }
    }

    fn next(&mut self) -> u64 {
        let [a, b, c, d] = self.state;
        let result = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        let (b, a) = (b ^ c, a ^ d);
        self.state = [a, b, c ^ (self.state[1] << 17), d.rotate_left(45)];
        result
    }

    /// In [0, 1), on a grid of 2^-53.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    /// Standard normal (Marsaglia's polar method).
    pub(crate) fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * s.ln() / s).sqrt();
            }
        }
    }

    /// Gamma with this shape and scale 1 (Marsaglia and Tsang).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.uniform().max(f64::MIN_POSITIVE).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    pub(crate) fn beta(&mut self, a: f64, b: f64) -> f64 {
        let (x, y) = (self.gamma(a), self.gamma(b));
        x / (x + y)
    }

    /// Binomial by inversion; for `n p` up to some hundreds.
    pub(crate) fn binomial(&mut self, n: usize, p: f64) -> usize {
        if p > 0.5 {
            return n - self.binomial(n, 1.0 - p);
        }
        let odds = p / (1.0 - p);
        let mut chance = (n as f64 * (-p).ln_1p()).exp();
        let mut left = self.uniform();
        let mut k = 0;
        while left >= chance && k < n {
            left -= chance;
            k += 1;
            chance *= odds * (n - k + 1) as f64 / k as f64;
        }
        k
    }

    /// Poisson by inversion; for means up to some hundreds.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        let mut chance = (-mean).exp();
        let mut left = self.uniform();
        let mut k = 0;
        while left >= chance && chance > 0.0 {
            left -= chance;
            k += 1;
            chance *= mean / k as f64;
        }
        k
    }
}

/// Draws from one binomial in constant time (Walker's alias method).
struct Alias {
    lowest: usize,
    /// Chance to keep the column, and what it gives otherwise.
    columns: Vec<(f64, u32)>,
}

impl Alias {
    /// Chances below 1e-19 of the highest are left out: no run of a bench would meet them.
    fn binomial(n: usize, p: f64) -> Self {
        if p <= 0.0 || n == 0 {
            return Self { lowest: 0, columns: vec![(1.0, 0)] };
        }
        let mode = (((n + 1) as f64 * p) as usize).min(n);
        let odds = p / (1.0 - p);
        let ratio = |k: usize| odds * (n - k) as f64 / (k + 1) as f64;
        let mut below = Vec::new();
        let mut chance = 1.0;
        for k in (0..mode).rev() {
            chance /= ratio(k);
            if chance < 1e-19 {
                break;
            }
            below.push(chance);
        }
        let lowest = mode - below.len();
        let mut weights: Vec<f64> = below.into_iter().rev().collect();
        weights.push(1.0);
        chance = 1.0;
        for k in mode..n {
            chance *= ratio(k);
            if chance < 1e-19 {
                break;
            }
            weights.push(chance);
        }
        Self { lowest, columns: columns(&weights) }
    }

    fn draw(&self, random: &mut Random) -> usize {
        let at = random.uniform() * self.columns.len() as f64;
        let column = at as usize;
        let (keep, other) = self.columns[column];
        self.lowest + if at - column as f64 <= keep { column } else { other as usize }
    }
}

fn columns(weights: &[f64]) -> Vec<(f64, u32)> {
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    let mut columns: Vec<(f64, u32)> =
        weights.iter().enumerate().map(|(at, weight)| (weight / mean, at as u32)).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..weights.len()).partition(|at| columns[*at].0 < 1.0);
    while let (Some(poor), Some(rich)) = (small.pop(), large.last().copied()) {
        columns[poor].1 = rich as u32;
        columns[rich].0 -= 1.0 - columns[poor].0;
        if columns[rich].0 < 1.0 {
            large.pop();
            small.push(rich);
        }
    }
    small.into_iter().chain(large).for_each(|at| columns[at].0 = 1.0);
    columns
}

/// Binomials of one chance, for whichever number of trials; tables are made when they are needed.
pub(crate) struct Binomials {
    p: f64,
    tables: Vec<Option<Alias>>,
}

impl Binomials {
    pub(crate) fn new(p: f64) -> Self {
        Self { p, tables: Vec::new() }
    }

    pub(crate) fn draw(&mut self, n: usize, random: &mut Random) -> usize {
        if self.tables.len() <= n {
            self.tables.resize_with(n + 1, || None);
        }
        let p = self.p;
        self.tables[n].get_or_insert_with(|| Alias::binomial(n, p)).draw(random)
    }
}
