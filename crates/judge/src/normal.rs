//! The standard normal distribution.

use crate::bisect::boundary;
use std::f64::consts::{PI, SQRT_2};

/// Where the series hands over to the continued fraction.
const FAR: f64 = 2.5;

/// P(Z > z).
pub(crate) fn upper_tail(z: f64) -> f64 {
    0.5 * erfc(z / SQRT_2)
}

/// P(Z > z) for z >= 0, without the factor `exp(-z^2 / 2)` that takes it out of what a double can hold.
pub(crate) fn scaled_tail(z: f64) -> f64 {
    let x = z / SQRT_2;
    if x < FAR { 0.5 * erfc(x) * (x * x).exp() } else { 0.5 * scaled_fraction(x) }
}

/// The z with P(Z <= z) = p, for 0 < p < 1.
pub(crate) fn quantile(p: f64) -> f64 {
    if p <= 0.5 { -upper_quantile(p) } else { upper_quantile(1.0 - p) }
}

fn upper_quantile(tail: f64) -> f64 {
    boundary(0.0, 40.0, |z| upper_tail(z) > tail)
}

/// The complementary error function, to 14 digits or better.
fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        2.0 - erfc(-x)
    } else if x < FAR {
        1.0 - erf_series(x)
    } else {
        erfc_fraction(x)
    }
}

/// Maclaurin series in the form whose terms all have one sign.
fn erf_series(x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (x, x, 0.0);
    while term > sum * 1e-17 {
        n += 1.0;
        term *= 2.0 * x * x / (2.0 * n + 1.0);
        sum += term;
    }
    2.0 / PI.sqrt() * (-x * x).exp() * sum
}

/// Laplace's continued fraction, from the inside out.
fn erfc_fraction(x: f64) -> f64 {
    (-x * x).exp() * scaled_fraction(x)
}

fn scaled_fraction(x: f64) -> f64 {
    let fraction = (1..=120).rev().fold(0.0, |inner, n| f64::from(n) / 2.0 / (x + inner));
    1.0 / PI.sqrt() / (x + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_and_quantiles_are_those_of_the_tables() {
        for (z, tail) in [
            (0.0, 0.5),
            (1.0, 0.158_655_253_931_457_05),
            (2.326_347_874_040_840_8, 0.01),
            (3.6, 0.000_159_108_590_157_533_64),
            (-1.0, 0.841_344_746_068_542_9),
            (6.0, 9.865_876_450_376_946e-10),
        ] {
            assert!((upper_tail(z) / tail - 1.0).abs() < 1e-12, "{z}: {}", upper_tail(z));
            let scaled = scaled_tail(z.abs()) * (-z * z / 2.0).exp();
            assert!((scaled / upper_tail(z.abs()) - 1.0).abs() < 1e-12, "{z}: {scaled}");
            assert!((quantile(1.0 - tail) - z).abs() < 1e-6, "{z}: {}", quantile(1.0 - tail));
        }
    }
}
