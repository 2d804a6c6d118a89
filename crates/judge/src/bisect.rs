//! Where a condition that holds on the left ends.

/// Halvings: enough for every bit of a double.
const HALVINGS: usize = 100;

/// The point between `low` and `high` up to which `holds` holds. It must hold at `low` and not at `high`.
pub(crate) fn boundary(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
