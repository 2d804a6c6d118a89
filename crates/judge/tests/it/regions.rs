//! One release in several regions.

use crate::support::{config, errors, repeat};
use aviary_judge::{Counts, Judge, Sample, Verdict, Window};

fn window(eu: (f64, f64), us: (f64, f64)) -> Window {
    let sample = |(x1, x0): (f64, f64)| Sample::Counts(Counts::new(300.0, 2700.0, x1, x0));
    Window::of(10.0).with_region("errors", "eu", sample(eu)).with_region("errors", "us", sample(us))
}

fn windows_to_fail(window: &Window) -> (usize, String) {
    let mut judge = Judge::in_regions(&errors(""), &["eu", "us"]);
    for at in 1..1000 {
        judge.observe(window);
        if judge.verdict() == Verdict::Fail {
            return (at, judge.report().culprit.unwrap().region);
        }
    }
    panic!("never failed");
}

#[test]
fn a_regression_in_one_region_is_found_and_the_region_named() {
    let (windows, region) = windows_to_fail(&window((12.0, 13.0), (1.0, 14.0)));
    assert_eq!(region, "eu");
    assert!(windows < 10, "{windows}");
}

#[test]
fn a_regression_everywhere_is_found_with_the_traffic_of_all() {
    let (everywhere, region) = windows_to_fail(&window((3.0, 13.0), (3.0, 13.0)));
    let mut alone = Judge::new(&errors(""));
    let one = Window::of(10.0).with("errors", Sample::Counts(Counts::new(300.0, 2700.0, 3.0, 13.0)));
    let mut windows = 0;
    while alone.verdict() != Verdict::Fail {
        alone.observe(&one);
        windows += 1;
    }
    assert!(everywhere * 10 < windows * 7, "{everywhere} against {windows}");
    assert_eq!(region, "", "no region alone shows it as clearly");
}

#[test]
fn a_judge_without_regions_has_one() {
    let (none, one) = (Judge::in_regions(&errors(""), &[]), Judge::new(&errors("")));
    assert_eq!(none, one);
}

#[test]
fn every_region_must_pass_and_show_data() {
    let mut judge = Judge::in_regions(&errors(""), &["eu", "us"]);
    repeat(&mut judge, &window((1.0, 13.0), (1.0, 13.0)), 100);
    assert_eq!(judge.verdict(), Verdict::Pass);
    let half =
        Window::of(10.0).with_region("errors", "eu", Sample::Counts(Counts::new(300.0, 2700.0, 1.0, 13.0)));
    repeat(&mut judge, &half, 5);
    assert_eq!(judge.verdict(), Verdict::NoData);
}

#[test]
fn judges_that_see_one_region_each_share_what_may_be_aborted_by_mistake() {
    let fails_at = |lines: &str| {
        let metrics = "metrics: [{name: errors, kind: proportion}]";
        Judge::new(&config(&format!("{lines}\n{metrics}"))).report().fails_at
    };
    for (lines, odds) in
        [("regions: 1", 100.0), ("regions: 2", 200.0), ("{falseAborts: 2%, regions: 4}", 200.0)]
    {
        let lines = lines.trim_matches(['{', '}']).replace(", ", "\n");
        assert!((fails_at(&lines) - odds).abs() < 1e-9, "{lines}");
    }
}
