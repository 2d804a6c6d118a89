//! The pictures of the README.

use crate::delay::{self, Delay};
use crate::detect::{Detected, predicted};
use crate::fails::{Fails, MODES, Traffic};
use crate::null::{BASES, Cell};
use crate::race::{self, Race};
use crate::random::Random;
use crate::rates::Share;
use crate::svg::{Axis, BLUE, Chart, GREEN, GREY, ORANGE, PURPLE, RED};
use std::path::Path;

const COLORS: [&str; 2] = [BLUE, GREEN];

/// Draws what there are figures for.
pub(crate) fn draw(
    null: &[Cell],
    delays: &[Delay],
    races: &[Race],
    detected: &[Detected],
) -> Result<(), Box<dyn std::error::Error>> {
    let plots = Path::new(env!("CARGO_MANIFEST_DIR")).join("plots");
    std::fs::create_dir_all(&plots)?;
    let write = |name: &str, there: bool, svg: &dyn Fn() -> String| {
        if there { std::fs::write(plots.join(name), svg()) } else { Ok(()) }
    };
    write("one-release.svg", true, &one_release)?;
    write("aborted-over-time.svg", !races.is_empty(), &|| aborted_over_time(races))?;
    write("false-aborts.svg", !null.is_empty(), &|| false_aborts(null))?;
    write("delay-and-false-aborts.svg", !races.is_empty(), &|| trade(races))?;
    write("delay-over-oracle.svg", !delays.is_empty(), &|| over_oracle(delays))?;
    write("detectable.svg", !detected.is_empty(), &|| detectable(detected))?;
    Ok(())
}

fn ticks(values: &[f64], name: impl Fn(f64) -> String) -> Vec<(f64, String)> {
    values.iter().map(|value| (*value, name(*value))).collect()
}

fn minutes() -> Axis {
    let ticks = ticks(&[0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0], |minute| format!("{minute:.0}"));
    Axis { label: "minutes since the canary got its traffic", low: 0.0, high: 30.0, log: false, ticks }
}

fn per_cent(low: f64, values: &[f64], label: &'static str) -> Axis {
    let ticks = ticks(values, |value| format!("{} %", 100.0 * value));
    Axis { label, low, high: 1.0, log: true, ticks }
}

/// The odds of three releases, as `explain` would tell them.
fn one_release() -> String {
    let values = [0.1, 1.0, 10.0, 100.0, 1000.0];
    let y = Axis {
        label: "odds against the release",
        low: 0.05,
        high: 3000.0,
        log: true,
        ticks: ticks(&values, |odds| format!("{odds} : 1")),
    };
    let mut chart = Chart::new(minutes(), y);
    chart.level(100.0, "fails", RED);
    // Of a few dozen releases, the one whose abort is nearest to the usual time.
    for (name, color, effect, usual) in [
        ("healthy, 0.5 % like stable", GREEN, 1.0, 180.0),
        ("twice as many errors", ORANGE, 2.0, 54.0),
        ("four times as many", PURPLE, 4.0, 9.0),
    ] {
        let paths = (100..160).map(|seed| path(effect, seed));
        let off = |(path, _): &(Vec<(f64, f64)>, bool)| (path.len() as f64 - usual).abs();
        let typical = paths.min_by(|one, other| off(one).total_cmp(&off(other)));
        let Some((points, failed)) = typical else { continue };
        if let (Some(end), true) = (points.last(), failed) {
            chart.dots(None, color, &[*end]);
        }
        chart.line(Some(name), color, &points, false);
    }
    chart.finish("Odds against three releases, window by window")
}

/// Minutes and odds of one release in `auto`, and whether it failed.
fn path(effect: f64, seed: u64) -> (Vec<(f64, f64)>, bool) {
    let mut random = Random::new(seed);
    let mut traffic = Traffic::new(1000, 0.1, race::BASE * effect, race::BASE);
    let mut fails = Fails::new(10.0);
    let mut points = vec![(0.0, 1.0)];
    for window in 1..=180_u32 {
        fails.observe(&traffic.window(&mut random));
        points.push((f64::from(window) / 6.0, fails.log_e()[1].exp()));
        if fails.failed[1].is_some() {
            return (points, true);
        }
    }
    (points, false)
}

/// Healthy releases, as time goes on.
fn aborted_over_time(races: &[Race]) -> String {
    let low = 1e-5;
    let y = per_cent(low, &[1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0], "healthy releases aborted so far");
    let mut chart = Chart::new(minutes(), y);
    chart.level(0.01, "promised: 1 %", RED);
    for (rule, color, dashed) in [
        (0, GREY, false),
        (2, GREY, true),
        (1, ORANGE, false),
        (3, PURPLE, false),
        (4, BLUE, false),
        (5, GREEN, false),
    ] {
        let share = |at: u32| races[0].failed_by(rule, f64::from(at) * 15.0).value();
        let points: Vec<(f64, f64)> = (1..=120)
            .filter(|at| share(*at) > 0.0)
            .map(|at| (f64::from(at) / 4.0, share(at).max(low)))
            .collect();
        chart.line(Some(race::RULES[rule]), color, &points, dashed);
    }
    chart.finish("Share of healthy releases that are aborted, by time")
}

/// All cells without an effect.
fn false_aborts(cells: &[Cell]) -> String {
    let names = |at: f64| BASES.get(at as usize).map_or(String::new(), |base| format!("{} %", 100.0 * base));
    let places: Vec<f64> = (1..BASES.len()).map(|at| at as f64).collect();
    let x = Axis {
        label: "errors of stable and canary alike",
        low: 0.4,
        high: 6.6,
        log: false,
        ticks: ticks(&places, names),
    };
    let low = 3e-6;
    let mut y = per_cent(low, &[1e-5, 1e-4, 1e-3, 1e-2, 0.1], "healthy releases aborted");
    y.ticks.push((low, "none".to_owned()));
    let mut chart = Chart::new(x, Axis { high: 0.1, ..y });
    chart.level(0.01, "promised: 1 %", RED);
    for (mode, name) in MODES.into_iter().enumerate() {
        let mut points = Vec::new();
        for (at, base) in BASES.into_iter().enumerate().skip(1) {
            let of: Vec<&Cell> = cells.iter().filter(|cell| cell.base.total_cmp(&base).is_eq()).collect();
            for (place, cell) in of.iter().enumerate() {
                let shift =
                    (place as f64 - (of.len() as f64 - 1.0) / 2.0) * 0.042 + mode as f64 * 0.42 - 0.21;
                let share: Share = cell.aborted[mode];
                if share.hits == 0 {
                    chart.hollow(COLORS[mode], (at as f64 + shift, low));
                    continue;
                }
                let (least, most) = share.interval();
                chart.bar(COLORS[mode], at as f64 + shift, least.max(low), most);
                points.push((at as f64 + shift, share.value().max(low)));
            }
        }
        let label = format!("judge `{name}`, 1 to 1000 requests/s, share 10 % and 50 %, with 95 % intervals");
        chart.dots(Some(&label), COLORS[mode], &points);
    }
    chart.finish("False aborts by base rate, traffic and share")
}

/// How fast, and how often wrong.
fn trade(races: &[Race]) -> String {
    let seconds = [0.0, 50.0, 100.0, 150.0, 200.0, 250.0];
    let x = Axis {
        label: "mean seconds until a canary with 4 times the errors is aborted",
        low: 0.0,
        high: 250.0,
        log: false,
        ticks: ticks(&seconds, |value| format!("{value:.0}")),
    };
    let y = per_cent(5e-5, &[1e-4, 1e-3, 1e-2, 0.1, 1.0], "healthy releases aborted in 30 minutes");
    let mut chart = Chart::new(x, Axis { high: 1.6, ..y });
    chart.level(0.01, "promised: 1 %", RED);
    let four = races.iter().find(|race| race.effect > 3.9 && race.effect < 4.1);
    for (rule, color, shift, anchor) in [
        (0, GREY, (10.0, 5.0), "start"),
        (1, ORANGE, (10.0, 5.0), "start"),
        (2, GREY, (10.0, -4.0), "start"),
        (3, PURPLE, (0.0, 20.0), "middle"),
        (4, BLUE, (-10.0, -6.0), "end"),
        (6, BLUE, (10.0, -2.0), "start"),
        (5, GREEN, (-10.0, 5.0), "end"),
        (7, GREEN, (10.0, -2.0), "start"),
        (8, GREEN, (10.0, 12.0), "start"),
    ] {
        let Some((delay, _)) = four.and_then(|four| four.delay(rule)) else { continue };
        let aborted = races[0].failed_by(rule, 1800.0).value();
        chart.dots(None, color, &[(delay, aborted)]);
        chart.words((delay, aborted), shift, anchor, color, race::RULES[rule]);
    }
    chart.finish("Delay at four times the errors against false aborts")
}

/// Delays in sizes of the test that knows the answer.
fn over_oracle(delays: &[Delay]) -> String {
    let place = |effect: f64| {
        delay::EFFECTS.iter().position(|it| (it / effect - 1.0).abs() < 0.01).unwrap_or(0) as f64
    };
    let places = [0.0, 1.0, 2.0, 3.0];
    let x = Axis {
        label: "the canary's errors over stable's",
        low: -0.5,
        high: 3.5,
        log: false,
        ticks: ticks(&places, |at| format!("{}x", delay::EFFECTS[at as usize])),
    };
    let values = [0.0, 0.5, 1.0, 1.5, 2.0];
    let y = Axis {
        label: "mean requests over the oracle's",
        low: 0.0,
        high: 2.0,
        log: false,
        ticks: ticks(&values, |value| format!("{value}")),
    };
    let mut chart = Chart::new(x, y);
    chart.level_named_below(1.0, "a fixed test that knows the answer beforehand", GREY);
    for (mode, name) in MODES.into_iter().enumerate() {
        let points: Vec<(f64, f64)> = delays
            .iter()
            .enumerate()
            .map(|(at, it)| {
                let spread = (at / delay::EFFECTS.len()) as f64 * 0.045;
                (place(it.effect()) - 0.33 + mode as f64 * 0.36 + spread, it.modes[mode].0)
            })
            .collect();
        let label = format!("judge `{name}`: stable 0.01 to 1 %, share 10 % and 50 %");
        chart.dots(Some(&label), COLORS[mode], &points);
    }
    chart.finish("Mean delay over that of a fixed test")
}

/// What a plan says, and what simulation found, at one of the shares.
fn detectable(detected: &[Detected]) -> String {
    const SHARE: f64 = 0.1;
    let requests = [300.0, 1_000.0, 10_000.0, 100_000.0];
    let x = Axis {
        label: "canary requests by the end of the plan (share 10 %)",
        low: 300.0,
        high: 200_000.0,
        log: true,
        ticks: ticks(&requests, crate::rates::whole),
    };
    let y =
        per_cent(1e-4, &[1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1], "error rate found with 90 % probability");
    let mut chart = Chart::new(x, Axis { high: 0.1, ..y });
    for (base, color) in [(0.0001, GREEN), (0.001, BLUE), (0.005, PURPLE), (0.01, ORANGE)] {
        let points: Vec<(f64, f64)> = (0..=60)
            .map(|at| 300.0 * (200_000.0_f64 / 300.0).powf(f64::from(at) / 60.0))
            .map(|requests| (requests, predicted(SHARE, base, requests, 1)))
            .collect();
        chart.line(Some(&format!("stable at {} %", 100.0 * base)), color, &points, false);
        let found: Vec<(f64, f64)> = detected
            .iter()
            .filter(|it| it.base.total_cmp(&base).is_eq() && it.share.total_cmp(&SHARE).is_eq())
            .map(|it| (it.requests, it.modes[1].1))
            .collect();
        chart.dots(None, color, &found);
    }
    chart.finish("Smallest rate that is found: planned (lines) and simulated (dots)")
}
