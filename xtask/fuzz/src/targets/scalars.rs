//! Durations, quantities, percentages and hosts: single values of manifests and flags.

use metric_providers::Egress;
use serde_json::Value;

use super::{Target, choice_and_text, with_choice};

pub(super) const TARGET: Target = Target {
    name: "scalars",
    about: "durations, quantities, percentages and egress rules",
    run,
    seeds: || {
        let texts =
            ["5m", "1h30m", "-2.5s", "1e3", "500m", "256Mi", "25%", "10.0.0.0/8", "[::1]", "*.example.com"];
        (0..4).flat_map(|first| texts.map(|text| with_choice(first, text.as_bytes()))).collect()
    },
};

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    match first % 4 {
        0 => {
            let _duration = crd::duration::parse(&text);
        }
        1 => {
            if let Ok(quantity) = crd::quantity::Quantity::from_json(&Value::String(text)) {
                let _thousandths = quantity.thousandths();
            }
        }
        2 => {
            let value = crd::IntOrString::String(text);
            let _seconds = crd::duration::whole_seconds(&value);
        }
        _ => {
            let egress = Egress::open().allow(&text).and_then(|egress| egress.deny(&text));
            if let Ok(egress) = egress {
                let _refused = egress.check(&text, None);
            }
        }
    }
}
