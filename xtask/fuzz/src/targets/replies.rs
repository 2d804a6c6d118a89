//! Replies of metric systems: whoever runs one, or stands between, writes them.

use super::providers::PROVIDERS;
use super::theatre::{Said, on_stage};
use super::{Target, choice_and_text, row, with_choice};

pub(super) const TARGET: Target = Target {
    name: "replies",
    about: "replies to every metric provider, and the JSONPath that picks a value out of them",
    run,
    seeds: || {
        let rows = (0..).zip(PROVIDERS);
        rows.map(|(first, provider)| with_choice(first, provider.reply.as_bytes())).collect()
    },
};

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    let Some(provider) = row(PROVIDERS, first) else { return };
    on_stage(|theatre| {
        if let Some((metric, body)) = provider.asking(theatre.address(), &text) {
            theatre.play(&metric, provider.keys, Said::fine(body));
        }
    });
}
