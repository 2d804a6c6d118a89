//! Verdicts after every window.

use super::{check, number};
use crate::{Document, Judge, RESTART_SECONDS, Sample, Window};
use serde_json::json;

#[test]
fn verdicts() {
    check("verdict", 12, |case| {
        let config = &case.input["config"];
        let margin = |name: &str| {
            let margin = &config[name];
            json!({"relative": number(&margin["r"]) - 1.0, "absolute": margin["d"]})
        };
        let document: Document = serde_json::from_value(json!({"judge": {
            "falseAborts": config["alpha"],
            "falsePass": config["beta"],
            "warmup": "0s",
            "minWindows": config["minWindows"],
            "minRequests": config["minCanary"],
            "noDataAfter": config["noDataAfter"],
            "metrics": [{
                "name": "errors",
                "kind": "proportion",
                "failAbove": margin("fail"),
                "passBelow": margin("pass"),
                "dispersion": config["dispersion"],
            }],
        }}))
        .unwrap();
        // The cases deal 2 % anew with every window.
        let seconds = -RESTART_SECONDS * (1.0_f64 - 0.02).ln();
        let mut judge = Judge::new(&document.judge);
        for (window, wanted) in case.windows().into_iter().zip(case.expect["verdicts"].as_array().unwrap()) {
            judge.observe(&Window::of(seconds).with("errors", Sample::Counts(window)));
            let at = judge.state().windows();
            assert_eq!(judge.verdict().as_str(), wanted.as_str().unwrap(), "{} window {at}", case.id);
        }
    });
}
