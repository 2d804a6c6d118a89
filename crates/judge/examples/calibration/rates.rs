//! Shares of simulated releases, with their uncertainty.

/// So many of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) hits: usize,
    pub(crate) of: usize,
}

impl Share {
    pub(crate) fn value(self) -> f64 {
        self.hits as f64 / self.of.max(1) as f64
    }

    /// Wilson's interval at 95 %.
    pub(crate) fn interval(self) -> (f64, f64) {
        let (n, p, z) = (self.of.max(1) as f64, self.value(), 1.96_f64);
        let center = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        ((center - half).max(0.0), (center + half).min(1.0))
    }

    pub(crate) fn percent(self) -> String {
        percent(self.value())
    }

    /// `0.12 (0.10-0.14)`, in per cent.
    pub(crate) fn with_interval(self) -> String {
        let (low, high) = self.interval();
        format!("{} ({}-{})", percent(self.value()), percent(low), percent(high))
    }

    pub(crate) fn add(self, other: Self) -> Self {
        Self { hits: self.hits + other.hits, of: self.of + other.of }
    }
}

/// Without the sign.
pub(crate) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 0.1 || value == 0.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// A count with separators.
pub(crate) fn whole(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Mean and 90th percentile of delays; those that were not found count as `never`.
pub(crate) fn mean_p90(found: &mut [f64]) -> (f64, f64) {
    found.sort_by(f64::total_cmp);
    let mean = found.iter().sum::<f64>() / found.len().max(1) as f64;
    let at = ((found.len() as f64 * 0.9).ceil() as usize).saturating_sub(1);
    (mean, found.get(at).copied().unwrap_or(f64::NAN))
}
