//! Sums of numbers that are given by their logarithms.

/// `ln(sum of exp(value))` without overflow; minus infinity for nothing.
pub(crate) fn log_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() {
        return top;
    }
    top + values.map(|value| (value - top).exp()).sum::<f64>().ln()
}

/// The logarithm of the mean of numbers that are given by their logarithms.
pub(crate) fn log_mean_exp(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len() as f64;
    log_sum_exp(values) - count.ln()
}
