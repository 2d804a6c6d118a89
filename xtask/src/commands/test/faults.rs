//! `cargo xtask test faults`: what an analysis must live through, and whether it does.

use std::fmt;
use std::process::Stdio;

use crate::{Failure, shell};

/// The packages whose tests these are.
const ARGUMENTS: &[&str] = &[
    "test",
    "--locked",
    "--no-fail-fast",
    "-p",
    "aviary-metric-providers",
    "-p",
    "aviary-cluster",
    "--test",
    "it",
    "--",
];

/// A fault, and the tests that cause it.
struct Row(&'static str, &'static [&'static str]);

const ROWS: &[Row] = &[
    Row("a provider does not answer", &["hostile::a_server_that_does_not_answer_is_given_up"]),
    Row(
        "no answer, of every provider",
        &[
            "deadlines::every_provider_gives_up_a_server_that_does_not_answer_at_its_deadline",
            "deadlines::what_is_asked_before_or_after_another_question_has_a_deadline_as_well",
        ],
    ),
    Row("it hangs while others measure", &["hanging::a_provider_that_hangs_delays_no_other_run"]),
    Row("it refuses the connection", &["hostile::a_refused_connection_says_so"]),
    Row(
        "garbage, of every provider",
        &["hostile::no_provider_is_brought_down_by_garbage_and_each_says_that_it_is_none"],
    ),
    Row(
        "ten megabytes, of every provider",
        &["hostile::an_answer_of_ten_megabytes_is_too_long_for_every_provider"],
    ),
    Row(
        "endless, or nested without end",
        &[
            "hostile::an_endless_body_is_cut_off",
            "hostile::a_body_nested_too_deeply_does_not_overflow_the_stack",
        ],
    ),
    Row("NaN, a value of the wrong type", &["vectors::prometheus::vectors_of_prometheus_hold"]),
    Row(
        "a redirect to a metadata address",
        &[
            "egress::every_hop_of_a_redirect_is_checked",
            "egress::no_provider_goes_to_the_metadata_service_for_a_metric",
        ],
    ),
    Row(
        "a redirect to another host or scheme",
        &[
            "hostile::no_provider_shows_its_credentials_to_another_host",
            "hostile::a_redirect_to_another_scheme_is_refused",
            "machine::a_redirect_from_tls_to_plain_text_is_refused",
        ],
    ),
    Row(
        "a certificate for another name",
        &["machine::certificates_are_checked_against_the_machines_authorities_and_the_name"],
    ),
    Row("a Secret that is missing", &["secrets::a_secret_that_is_gone_ends_the_run_and_its_name_is_told"]),
    Row(
        "a Secret that is rotated meanwhile",
        &["secrets::a_secret_that_is_rotated_counts_from_the_next_measurement_on"],
    ),
    Row(
        "the controller dies before it wrote",
        &["crashes::no_measurement_is_counted_twice_after_whichever_write_the_controller_dies"],
    ),
    Row(
        "a Job ends, or goes, unseen",
        &[
            "jobs::a_job_that_ends_while_no_controller_runs_is_seen_by_the_next_one",
            "jobs::a_job_that_somebody_deletes_is_missed_at_once",
        ],
    ),
];

/// How a test ended; one that did not run is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Ok,
    Failed,
    Missing,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Failed => "FAILED",
            Self::Missing => "MISSING",
        })
    }
}

/// Runs the tests, prints the table, and fails when one of them failed or is not there.
pub(super) fn run() -> Result<(), Failure> {
    let names = || ROWS.iter().flat_map(|row| row.1.iter().copied());
    let mut command = shell::cargo(ARGUMENTS);
    command.arg("--exact").args(names());
    eprintln!("$ {}", shell::line(&command));
    let output = command.stderr(Stdio::inherit()).output();
    let output =
        output.map_err(|error| Failure::new(format!("cargo test did not run: {error}"), "run it by hand"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for Row(fault, tests) in ROWS {
        for (at, test) in tests.iter().enumerate() {
            let fault = if at == 0 { fault } else { "" };
            println!("{:<38} {:<8} {test}", fault, ended(&said, test));
        }
    }
    let bad: Vec<String> =
        names().filter(|test| ended(&said, test) != Ended::Ok).map(str::to_owned).collect();
    if !bad.is_empty() {
        eprintln!("{said}");
    }
    Failure::unless_empty(
        &bad,
        "mend what the tests say above; one that is missing was renamed: mend its row here",
    )
}

fn ended(said: &str, test: &str) -> Ended {
    let line = said.lines().filter_map(|line| line.strip_prefix("test ")?.strip_prefix(test));
    let ends: Vec<&str> = line.filter_map(|rest| rest.strip_prefix(" ... ")).collect();
    match ends.iter().all(|end| *end == "ok") {
        _ if ends.is_empty() => Ended::Missing,
        true => Ended::Ok,
        false => Ended::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_not_there_is_no_success() {
        let said = "test a::b ... ok\ntest a::bc ... FAILED\ntest a::d ... ignored\ntest e ... ok\ntest e ... FAILED\n";
        let all = ["a::b", "a::bc", "a::d", "e", "a"].map(|test| ended(said, test));
        assert_eq!(all, [Ended::Ok, Ended::Failed, Ended::Failed, Ended::Failed, Ended::Missing]);
    }
}
