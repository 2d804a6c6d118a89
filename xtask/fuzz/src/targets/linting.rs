//! Files that `aviary lint` is given: manifests, workflows, Terraform, charts' values.

use lint::{Source, check, fix};

use super::{Target, choice_and_text, row, with_choice};
use crate::seeds;

const NAMES: [&str; 3] = ["rollout.yaml", ".github/workflows/release.yaml", "main.tf"];

pub(super) const TARGET: Target = Target {
    name: "lint",
    about: "manifests, workflows and Terraform, checked, printed, and mended",
    run,
    seeds: || {
        let of = |first: u8, directory: &str, endings: &[&str]| -> Vec<Vec<u8>> {
            let files = seeds::files(directory, endings);
            files.iter().map(|text| with_choice(first, text)).collect()
        };
        [
            of(0, "lint", &[".yaml"]),
            of(0, "openclaw", &[".yaml"]),
            of(1, "lint", &["workflow.yaml"]),
            of(2, "openclaw", &[".tf"]),
        ]
        .concat()
    },
};

fn run(data: &[u8]) {
    let (first, text) = choice_and_text(data);
    let name = row(&NAMES, first).copied().unwrap_or_default();
    let report = check(vec![Source::new(name, text.as_str())]);
    let _mended = fix::apply(&text, &report.findings);
    let _annotations = lint::github(&report);
    let _sarif = lint::sarif(&report);
}
