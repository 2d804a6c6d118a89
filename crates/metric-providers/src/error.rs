//! Why there is no value.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crd::Metric;

use crate::egress::{ALLOW_SETTING, Refused};
use crate::http::shortened;

/// Why a metric has no value: what happened, for which metric, at which provider and address, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{fault} ({place}; {})", fault.remedy())]
pub struct Error {
    /// What happened.
    pub fault: Fault,
    /// What the measurement shall remember all the same, such as warnings.
    pub metadata: BTreeMap<String, String>,
    place: Box<Place>,
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
        let address = address.map(|address| shortened(&address));
        let place = Place { metric: metric.name.clone(), provider: provider.to_owned(), address };
        let place = Box::new(place);
        Self { fault, metadata: BTreeMap::new(), place }
    }

    pub(crate) fn with(self, metadata: BTreeMap<String, String>) -> Self {
        Self { metadata, ..self }
    }

    pub(crate) fn no_provider(metric: &Metric) -> Self {
        let written: Vec<&str> = metric.provider.keys().map(String::as_str).collect();
        let fault = Fault::NoProvider { metric: metric.name.clone() };
        let provider = if written.is_empty() { "none".to_owned() } else { written.join(", ") };
        let place = Box::new(Place { metric: metric.name.clone(), provider, address: None });
        Self { fault, metadata: BTreeMap::new(), place }
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
    #[error("{text}")]
    Credentials {
        /// What is missing.
        text: String,
        /// What to do about it.
        repair: &'static str,
    },
    /// The address must not be asked from here.
    #[error("{0}")]
    Egress(Box<Refused>),
    /// A Job or plugin could not be run.
    #[error("{0}")]
    Local(String),
    /// No answer within the time that the metric gives.
    #[error("no answer within {}s: context deadline exceeded", .0.as_secs())]
    Deadline(Duration),
    /// A long answer began, and then came too slowly.
    #[error("a long answer stalled: for {stall:?} there came nothing, or less than {} KiB a second", .rate >> 10)]
    Slow {
        /// The longest time without a byte.
        stall: Duration,
        /// The least bytes a second.
        rate: u32,
    },
    /// Others left no place for this one within this.
    #[error("waited for {0:?}, and other metrics left no place to ask the same server, or for a long answer")]
    Crowded(Duration),
    /// The connection failed, or broke.
    #[error("{0}")]
    Connection(String),
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The answer would take more memory than one may.
    #[error("the answer has so many values that they take about {} MiB, and {} MiB are the most", .weight.div_ceil(1 << 20), .most >> 20)]
    TooMuch {
        /// About what it would take, in bytes.
        weight: usize,
        /// The most that one may take.
        most: usize,
    },
    /// An answer came, and it is no value.
    #[error("{0}")]
    Answer(String),
}

impl Fault {
    fn remedy(&self) -> String {
        let text = match self {
            Self::NoProvider { .. } => {
                let names: Vec<&str> = crate::PROVIDERS.iter().map(|row| row.name()).collect();
                return format!("name one of the supported providers: {}", names.join(", "));
            }
            Self::Egress(_) => {
                return format!("ask for another address, or have {ALLOW_SETTING} allow this one");
            }
            Self::Config(_) => "correct the metric in its AnalysisTemplate",
            Self::Credentials { repair, .. } => repair,
            Self::Deadline(_) => {
                "check that the address is reachable from here, or raise the metric's timeout"
            }
            Self::Connection(_) => "check address, network policy, proxy and certificate",
            Self::TooLong(_) | Self::TooMuch { .. } | Self::Slow { .. } => "make the query return less",
            Self::Crowded(_) => "ask that server less often, or for less; it may be slow",
            Self::Answer(_) => "ask the address the same question and look at its answer",
            Self::Local(_) => "look at the controller's log and its settings",
        };
        text.to_owned()
    }
}
