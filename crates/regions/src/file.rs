//! The file of `aviary verify`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::check::{Check, go_duration};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::http::HttpRegion;
use crate::region::{Region, Target, report_all};
use crate::verdict::{Policy, Verdict, verdict};

/// Which regions are verified, and how.
///
/// ```yaml
/// regions: {us-east-1: https://us.example.com, eu-west-1: https://eu.example.com}
/// checks:
/// - name: health
///   path: /healthz
///   headers: {x-canary: always}
///   maxLatency: 200ms
///   version: {equals: v2}
/// deadline: 1m
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct File {
    /// Where each region is.
    pub regions: BTreeMap<String, Endpoint>,
    /// Checks that are made in each.
    pub checks: Vec<Check>,
    /// How many regions must pass.
    #[serde(default)]
    pub policy: Policy,
    /// How long a region may take, as a Go duration (default 1m).
    #[serde(default, deserialize_with = "go_duration::deserialize")]
    pub deadline: Option<Duration>,
}

impl File {
    /// Reads and checks the file.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: Self = crd::yaml::from_str(text).map_err(|error| Error::Yaml(error.to_string()))?;
        if file.regions.is_empty() {
            return Err(Error::config("regions", "there is none", "name each region with its address"));
        }
        if file.checks.is_empty() {
            return Err(Error::config(
                "checks",
                "there is none",
                "write at least one check with name and path",
            ));
        }
        for (index, check) in file.checks.iter().enumerate() {
            check.validate(&format!("checks[{index}]"))?;
        }
        let count = file.regions.len();
        if let Some(wanted) = file.policy.at_least.filter(|wanted| *wanted > count || *wanted == 0) {
            let problem = format!("{wanted} of {count} regions");
            return Err(Error::config(
                "policy.atLeast",
                problem,
                format!("write a number from 1 to {count}"),
            ));
        }
        Ok(file)
    }

    /// Verifies all regions at the same time.
    pub async fn run(&self) -> Result<Verdict, Error> {
        let regions = self.regions.iter().map(|(name, endpoint)| {
            HttpRegion::new(name, endpoint).map(|region| Box::new(region) as Box<dyn Region>)
        });
        let regions = regions.collect::<Result<Vec<_>, _>>()?;
        let deadline = self.deadline.unwrap_or(Duration::from_secs(60));
        let target = Target { checks: self.checks.clone(), deadline };
        Ok(verdict(&report_all(&regions, &target).await, &self.policy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, message: &str) {
        assert_eq!(File::parse(text).unwrap_err().to_string(), message);
    }

    #[test]
    fn a_wrong_file_is_refused_with_field_value_and_remedy() {
        refused("{regions: {}, checks: []}", "regions: there is none; name each region with its address");
        refused(
            "{regions: {east: http://e}, checks: [{name: h, path: healthz}]}",
            r#"checks[0].path: "healthz" does not begin with a slash; write a path such as /healthz"#,
        );
        refused(
            "{regions: {east: http://e}, checks: [{name: h}], policy: {atLeast: 2}}",
            "policy.atLeast: 2 of 1 regions; write a number from 1 to 1",
        );
    }
}
