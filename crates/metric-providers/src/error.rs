//! Why there is no value.

use std::fmt;
use std::time::Duration;

use crd::Metric;

/// Why a metric has no value: what happened, for which metric, at which provider and address, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{fault} ({place}; {})", fault.remedy())]
pub struct Error {
    /// What happened.
    pub fault: Fault,
    place: Place,
}

#[derive(Clone, Debug, PartialEq)]
struct Place {
    metric: String,
    provider: String,
    address: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metric {:?}, provider {}", self.metric, self.provider)?;
        match &self.address {
            Some(address) => write!(f, " at {address}"),
            None => Ok(()),
        }
    }
}

impl Error {
    /// `fault` at a place; of the address neither user nor query is shown, for both may hold secrets.
    pub(crate) fn new(metric: &Metric, provider: &str, address: Option<&reqwest::Url>, fault: Fault) -> Self {
        let address = address.map(|url| format!("{}{}", url.origin().ascii_serialization(), url.path()));
        let place = Place { metric: metric.name.clone(), provider: provider.to_owned(), address };
        Self { fault, place }
    }

    pub(crate) fn no_provider(metric: &Metric) -> Self {
        let written: Vec<&str> = metric.provider.keys().map(String::as_str).collect();
        let fault = Fault::NoProvider { metric: metric.name.clone() };
        let provider = if written.is_empty() { "none".to_owned() } else { written.join(", ") };
        Self { fault, place: Place { metric: metric.name.clone(), provider, address: None } }
    }
}

/// What happened. The texts of the specification come first in each message.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Fault {
    /// No row of the table serves the metric.
    #[error("no valid provider in metric '{metric}'")]
    NoProvider {
        /// Name of the metric.
        metric: String,
    },
    /// The metric's provider is written wrongly.
    #[error("{0}")]
    Config(String),
    /// There is nothing to show to the provider.
    #[error("{0}")]
    Credentials(&'static str),
    /// A part of the provider's configuration that is not served.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// No answer within the time that the metric gives.
    #[error("no answer within {}s: context deadline exceeded", .0.as_secs())]
    Deadline(Duration),
    /// The connection failed, or broke.
    #[error("{0}")]
    Connection(String),
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// An answer came, and it is no value.
    #[error("{0}")]
    Answer(String),
}

impl Fault {
    fn remedy(&self) -> &'static str {
        match self {
            Self::NoProvider { .. } => "name one of the supported providers: datadog, prometheus, web",
            Self::Config(_) => "correct the metric in its AnalysisTemplate",
            Self::Credentials(_) => "create the Secret that it names, with the keys api-key and app-key",
            Self::Unsupported(_) => "remove it, or authenticate by `headers` or a proxy",
            Self::Deadline(_) => {
                "check that the address is reachable from here, or raise the metric's timeout"
            }
            Self::Connection(_) => "check address, network policy, proxy and certificate",
            Self::TooLong(_) => "make the query return less",
            Self::Answer(_) => "ask the address the same question and look at its answer",
        }
    }
}
