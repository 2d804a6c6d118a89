//! Queries to the Prometheus of a local region, and metrics that it scrapes.

use std::time::Duration;

use local::promql::{Labels, Storage, exposition, query};

use super::{Target, choice_and_text, now, with_choice};
use crate::seeds;

pub(super) const TARGET: Target = Target {
    name: "promql",
    about: "queries, and the text format of metrics",
    run,
    seeds: || {
        let queries = seeds::lines("promql/queries.txt");
        let queries = queries.iter().map(|line| with_choice(0, line.as_bytes()));
        let exposed = "# TYPE http_requests_total counter\nhttp_requests_total{code=\"200\",path=\"/\\\"\"} 1.5e3 1700000000000\nup NaN\n";
        queries.chain([with_choice(1, exposed.as_bytes())]).collect()
    },
};

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    if first % 2 == 1 {
        let _samples = exposition::parse(&text);
        return;
    }
    let storage = Storage::new(Duration::from_secs(3600));
    let at = now().as_millisecond();
    for (place, code) in ["200", "500"].into_iter().enumerate() {
        for step in 0..10_i32 {
            let labels = Labels::named("http_requests_total", [("code", code), ("le", "0.5")]);
            storage.append(
                labels,
                at - 150_000 + i64::from(step) * 15_000,
                f64::from(step) * (place as f64 + 1.0),
            );
        }
    }
    let _answer = query(&storage, &text, at);
}
