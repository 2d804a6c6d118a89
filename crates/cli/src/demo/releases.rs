//! What is released, what is wrong with it, and how it must end. One row a release.

use std::time::Duration;

use local::FaultPlan;
use serde::Serialize;

/// Version that runs before the first release: the image of the manifests.
pub(crate) const FIRST_VERSION: &str = "1.4.0";

/// One release of the demo.
#[derive(Debug)]
pub(crate) struct Release {
    /// As `--release` has it.
    pub(crate) name: &'static str,
    /// Tag of its image.
    pub(crate) version: &'static str,
    /// In a sentence.
    pub(crate) about: &'static str,
    /// Who must find it bad. Nobody: then it must be promoted in every region, and otherwise aborted in every one.
    pub(crate) found_bad_by: Option<Judge>,
    /// What is wrong with the image in a region.
    pub(crate) faults: fn(region: &str) -> FaultPlan,
}

/// Who can find a release bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Judge {
    /// An AnalysisRun.
    Metrics,
    /// The gate that looks at every region before traffic is raised.
    RegionGate,
}

impl Judge {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Metrics => "the metrics",
            Self::RegionGate => "the region gate",
        }
    }
}

/// How a release ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// Every region runs the new version alone.
    Promoted,
    /// Every region is back on the version before.
    Aborted,
    /// Neither of the two.
    Undecided,
}

impl Outcome {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Promoted => "promoted",
            Self::Aborted => "aborted",
            Self::Undecided => "undecided",
        }
    }
}

impl Release {
    /// How it must end, in every region.
    pub(crate) fn expected(&self) -> Outcome {
        if self.found_bad_by.is_some() { Outcome::Aborted } else { Outcome::Promoted }
    }

    /// How it must end, in words.
    pub(crate) fn must_be(&self) -> String {
        let by = self.found_bad_by.map(|judge| format!(" by {}", judge.word())).unwrap_or_default();
        format!("{}{by}", self.expected().word())
    }
}

/// The releases in the order in which they are shown.
pub(crate) const RELEASES: &[Release] = &[
    Release {
        name: "good",
        version: "1.5.0",
        about: "nothing is wrong with it",
        found_bad_by: None,
        faults: |_| FaultPlan::default(),
    },
    Release {
        name: "bad",
        version: "1.6.0",
        about: "one request in eight fails, and all are slow",
        found_bad_by: Some(Judge::Metrics),
        faults: |_| FaultPlan {
            errors: 0.125,
            latency: Duration::from_millis(260),
            seed: 6,
            ..FaultPlan::default()
        },
    },
    Release {
        name: "bad-region",
        version: "1.7.0",
        about: "in eu-west-1 alone its health check says degraded; its metrics are good everywhere",
        found_bad_by: Some(Judge::RegionGate),
        faults: |region| FaultPlan { degraded: region == "eu-west-1", ..FaultPlan::default() },
    },
];

/// The release of that name.
pub(crate) fn named(name: &str) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_has_a_name_and_a_version_of_its_own() {
        for (at, release) in RELEASES.iter().enumerate() {
            assert_eq!(named(release.name).map(|named| named.version), Some(release.version));
            let before = RELEASES.iter().take(at).map(|release| release.version);
            assert!(before.chain([FIRST_VERSION]).all(|version| version != release.version));
        }
    }
}
