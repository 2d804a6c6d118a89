//! `demo`: two regions and three releases on this machine.

use clap::ValueEnum;

use crate::demo::{self, Options, Pace, RELEASES, Release, Show};
use crate::{Context, Error, Io};

/// Release a service through two regions on this machine
///
/// Brings up two regions in this process, each with its own API server, node, gateway, metrics, controller and
/// clients, and releases three versions of a rating service through both: a good one, a bad one, and one that is bad in
/// one region only. Ends with 0 only if each release ended as it must.
///
/// Of each release and region it tells the requests that the old and the new version answered (STABLE, CANARY), how
/// many failed, how long clients waited (P99), the seconds from the canary's first bad answer to its last answer (FIRST
/// BAD TO ZERO), and from the measurement that decided to that answer (VERDICT TO ZERO).
#[derive(clap::Args)]
#[command(
    after_help = "Examples:\n  # All three releases\n  %PROGRAM% demo\n\n  # The bad one alone, as one JSON document\n  %PROGRAM% demo --release bad -o json\n\n  # Keep the regions, for kubectl and the other commands\n  %PROGRAM% demo --release none --keep"
)]
pub(crate) struct Args {
    /// The releases to make: good, bad, bad-region, all or none
    #[arg(long, value_name = "NAME", default_value = "all", value_parser = releases)]
    release: Releases,
    /// By how much time is shortened: at 60, a pause of 5 minutes takes 5 seconds
    #[arg(long, value_name = "FACTOR", default_value = "60", value_parser = pace)]
    pace: Pace,
    /// Requests per second that the clients of each region send
    #[arg(long, value_name = "NUMBER", default_value = "300", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Go on after the last release, and write a kubeconfig for each region
    #[arg(long)]
    keep: bool,
    /// First of six ports to listen on, three a region: API server, gateway, metrics; free ones if not given
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65_530))]
    port: Option<u16>,
    /// Address of a Prometheus to ask instead of the regions' own; it must scrape the targets that each region lists
    /// at /targets of its metrics port
    #[arg(long, value_name = "URL", value_parser = address)]
    prometheus: Option<String>,
    /// How to write the report
    #[arg(short, long, value_enum, default_value = "text")]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

#[derive(Clone)]
struct Releases(Vec<&'static Release>);

fn releases(name: &str) -> Result<Releases, String> {
    match name {
        "all" => Ok(Releases(RELEASES.iter().collect())),
        "none" => Ok(Releases(Vec::new())),
        _ => demo::named(name)
            .map(|release| Releases(vec![release]))
            .ok_or_else(|| "choose one of good, bad, bad-region, all, none".to_owned()),
    }
}

fn pace(text: &str) -> Result<Pace, String> {
    text.parse().ok().and_then(Pace::new).ok_or_else(|| "a pace is a number of at least 1".to_owned())
}

fn address(text: &str) -> Result<String, String> {
    let uri: http::Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match (uri.scheme_str(), uri.authority()) {
        (Some("http" | "https"), Some(_)) => Ok(text.to_owned()),
        _ => Err("write an address such as http://127.0.0.1:9090".to_owned()),
    }
}

pub(crate) async fn run(args: Args, context: &Context<'_>, io: &mut Io<'_>) -> Result<(), Error> {
    let show = match (args.output, context.env.columns) {
        (Output::Json, _) => Show::Notes,
        (Output::Text, Some(columns)) => Show::Live(columns, context.env.paint),
        (Output::Text, None) => Show::Lines,
    };
    let options = Options {
        pace: args.pace,
        rate: args.rate,
        releases: args.release.0,
        port: args.port,
        prometheus: args.prometheus,
        show,
        keep: args.keep,
    };
    let report = demo::run(options, io).await?;
    match args.output {
        Output::Json => {
            let text = serde_json::to_string_pretty(&report);
            let text = text.map_err(|error| Error::new(format!("cannot write the report: {error}")))?;
            io.line(text)?;
        }
        Output::Text if !args.keep => io.line(demo::summary(&report))?,
        Output::Text => {}
    }
    if report.ok { Ok(()) } else { Err(Error::new("a release did not end as it must; see above")) }
}
