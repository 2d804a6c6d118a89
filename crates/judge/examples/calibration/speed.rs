//! Windows per second and core, by the processor's time where the system tells it: others use the machine, too.

use crate::fails::Traffic;
use crate::gates::Gates;
use crate::random::Random;
use crate::rates::whole;
use aviary_judge::{Document, Judge, Sample, Window};
use std::hint::black_box;
use std::time::{Duration, Instant};

const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// The whole judge, with intervals and bookkeeping, for one proportion. The best of several tries.
pub(crate) fn measure(gates: &mut Gates) {
    let best = (0..5).map(|_| windows_per_second()).fold(0.0, f64::max);
    gates.add(
        "windows per second and core, one proportion",
        "at least 500,000",
        &whole(best),
        best >= 500_000.0,
    );
}

fn windows_per_second() -> f64 {
    let yaml = "judge: {warmup: 0s, metrics: [{name: errors, kind: proportion}]}";
    let Ok(document) = serde_yaml::from_str::<Document>(yaml) else { return 0.0 };
    let mut traffic = Traffic::new(1000, 0.1, 0.005, 0.005);
    let mut random = Random::new(7);
    let windows: Vec<Window> = (0..1024)
        .map(|_| Window::of(10.0).with("errors", Sample::Counts(traffic.window(&mut random))))
        .collect();
    let mut judge = Judge::new(&document.judge);
    let (begun, before, mut told) = (Instant::now(), processor_seconds(), 0_u32);
    while begun.elapsed() < LONG_ENOUGH {
        for window in &windows {
            judge.observe(black_box(window));
        }
        told += 1024;
    }
    black_box(judge.verdict());
    let processor = before.zip(processor_seconds()).map(|(before, after)| after - before);
    let seconds = processor.filter(|seconds| *seconds > 0.01).unwrap_or(begun.elapsed().as_secs_f64());
    f64::from(told) / seconds
}

/// What this thread has had of a processor so far, on Linux.
fn processor_seconds() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = told.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds * 1e-9)
}
