//! Results in the form of JUnit, which every pipeline shows.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::file::Suite;
use crate::Error;

pub(super) fn report(suites: &[Suite]) -> Result<String, Error> {
    let mut report = Report::new("aviary test");
    for suite in suites {
        let mut written = TestSuite::new(suite.name.as_str());
        for outcome in &suite.outcomes {
            let status = if outcome.passed() {
                TestCaseStatus::success()
            } else {
                let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
                let lines = outcome.failures.iter().map(|one| format!("{}: {}", one.expected, one.found));
                failed.set_message(lines.collect::<Vec<_>>().join("\n"));
                failed.set_description(outcome.timeline.as_str());
                failed
            };
            let mut case = TestCase::new(outcome.name.as_str(), status);
            case.set_classname(suite.name.as_str());
            case.set_time(outcome.took);
            written.add_test_case(case);
        }
        report.add_test_suite(written);
    }
    report.to_string().map_err(|error| Error::new(format!("cannot write the results: {error}")))
}
