//! Functions over the samples of one series within a range: `rate` and its family, which need two.

/// The samples of one series within a range. There is at least one.
#[derive(Debug)]
pub(super) struct Window<'a> {
    pub(super) samples: &'a [(i64, f64)],
    /// The range, in milliseconds since the epoch.
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Window<'_> {
    pub(super) fn values(&self) -> impl Iterator<Item = f64> {
        self.samples.iter().map(|(_, value)| *value)
    }

    /// Each value with the next.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.values().zip(self.values().skip(1))
    }
}

/// Whether the values only grow, so that a fall is a restart.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Counter,
    Gauge,
}

/// Growth a second.
pub(super) fn rate(window: &Window<'_>) -> Option<f64> {
    Some(extrapolated(window, Kind::Counter)? / seconds(window.end - window.start))
}

/// Growth over the range.
pub(super) fn increase(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, Kind::Counter)
}

/// Difference over the range.
pub(super) fn delta(window: &Window<'_>) -> Option<f64> {
    extrapolated(window, Kind::Gauge)
}

/// Growth a second between the last two samples.
pub(super) fn irate(window: &Window<'_>) -> Option<f64> {
    let [.., (before, previous), (at, last)] = window.samples else {
        return None;
    };
    let growth = if last < previous { *last } else { last - previous };
    Some(growth / seconds(at - before))
}

/// Difference between the last two samples.
pub(super) fn idelta(window: &Window<'_>) -> Option<f64> {
    let [.., (_, previous), (_, last)] = window.samples else {
        return None;
    };
    Some(last - previous)
}

/// The difference between last and first sample, resets undone, extended to the edges of the range: by the whole
/// distance to an edge when it is near (within 1.1 mean sample distances), else by half a sample distance; and for
/// a counter never further back than where it was zero.
fn extrapolated(window: &Window<'_>, kind: Kind) -> Option<f64> {
    let [(first_at, first), .., (last_at, last)] = window.samples else {
        return None;
    };
    let resets = if kind == Kind::Counter { lost_to_resets(window) } else { 0.0 };
    let growth = last - first + resets;
    let sampled = seconds(last_at - first_at);
    let mean = sampled / (window.samples.len() - 1) as f64;
    let extend = |gap: f64| if gap < mean * 1.1 { gap } else { mean / 2.0 };

    let mut to_start = seconds(first_at - window.start);
    if kind == Kind::Counter && growth > 0.0 && *first >= 0.0 {
        to_start = to_start.min(sampled * (first / growth));
    }
    let to_end = seconds(window.end - last_at);
    Some(growth * ((sampled + extend(to_start) + extend(to_end)) / sampled))
}

/// What a counter had reached before each restart.
fn lost_to_resets(window: &Window<'_>) -> f64 {
    window.pairs().filter(|(before, after)| after < before).map(|(before, _)| before).sum()
}

fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}
