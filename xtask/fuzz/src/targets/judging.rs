//! What `aviary/compare` is told, and the state that it kept in a measurement.

use judge::{Document, Judge, State, Window};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Target;

pub(super) const TARGET: Target = Target {
    name: "judge",
    about: "configurations, windows and stored states of the judge",
    run,
    seeds: || {
        let metric = json!({"name": "errors", "kind": "proportion"});
        let document = json!({"judge": {"falseAborts": "1%", "metrics": [metric]}});
        let sample = json!({"counts": {"canary": {"bad": 1.0, "total": 100.0}, "stable": {"bad": 2.0, "total": 900.0}}});
        let windows = json!([{"seconds": 5.0, "readings": [{"metric": "errors", "sample": sample}]}]);
        vec![json!({"document": document, "windows": windows}).to_string().into_bytes()]
    },
};

#[derive(Deserialize)]
struct Input {
    document: Value,
    #[serde(default)]
    windows: Vec<Window>,
    state: Option<State>,
}

fn run(data: &[u8]) {
    let Ok(Input { document, windows, state }) = serde_json::from_slice(data) else { return };
    let Ok(Document { judge: config, .. }) = serde_json::from_value(document) else { return };
    let judge = match state {
        Some(state) => Judge::restore(&config, state),
        None => Ok(Judge::new(&config)),
    };
    let Ok(mut judge) = judge else { return };
    for window in windows.iter().take(16) {
        judge.observe(window);
        let _verdict = judge.verdict();
    }
    let _report = judge.report();
    let kept = serde_json::to_value(judge.state());
    assert!(kept.is_ok(), "what it knows cannot be kept: {kept:?}");
}
