//! Faults and deeds, as they are written on the command line.

use std::time::Duration;

use sim::{Pods, Reading, Regions, Say, Script, Verb};

use crate::Error;

/// What a fault changes.
pub(super) enum Wish {
    /// So many faults between controller and API.
    Controller(u32),
    /// Something around the release.
    Change(Box<dyn FnOnce(&mut Script)>),
}

/// Reads a fault; pods are those of the new `image`.
pub(super) fn parse(text: &str, image: &str) -> Result<Wish, Error> {
    let refused = |why: String| Error::new(format!("--fault {text:?}: {why}"));
    let (what, from) = match text.rsplit_once('@') {
        Some((what, from)) => (what, from.to_owned()),
        None => (text, String::new()),
    };
    if !from.is_empty() {
        crd::duration::parse(&from).map_err(|error| refused(error.to_string()))?;
    }
    let (name, value) = what.split_once('=').map_or((what, None), |(name, value)| (name, Some(value)));
    let metric = value.unwrap_or("*").to_owned();
    let pods = |ready_after: &str, dies_after: &str| -> Wish {
        let rule = Pods {
            image: image.to_owned(),
            ready_after: ready_after.to_owned(),
            dies_after: dies_after.to_owned(),
        };
        Wish::Change(Box::new(move |script| script.pods.push(rule)))
    };
    let reading = |metric: String, value: Option<f64>, error: &str| -> Wish {
        let reading = Reading { from: from.clone(), value, error: error.to_owned() };
        Wish::Change(Box::new(move |script| script.metrics.entry(metric).or_default().push(reading)))
    };
    let length = |value: Option<&str>| -> Result<String, Error> {
        let value =
            value.ok_or_else(|| refused(format!("{name} needs a length of time, such as {name}=2m")))?;
        crd::duration::parse(value).map_err(|error| refused(error.to_string()))?;
        Ok(value.to_owned())
    };
    Ok(match (name, value) {
        ("no-data", _) => reading(metric, None, ""),
        ("provider-error", _) => reading(metric, None, "simulated: the provider does not answer"),
        ("pods-unready", None) => pods("never", ""),
        ("slow-pods", value) => pods(&length(value)?, ""),
        ("pods-die", value) => pods("5s", &length(value)?),
        ("region-failed", None) => regions(from.clone(), Say::Failed),
        ("region-silent", None) => regions(from.clone(), Say::Silent),
        ("controller", Some(count)) => {
            Wish::Controller(count.parse().map_err(|_| refused(format!("{count:?} is no number of faults")))?)
        }
        (metric, Some(value)) => {
            let number = value.parse().map_err(|_| refused(format!("{value:?} is no number to be read")))?;
            reading(metric.to_owned(), Some(number), "")
        }
        (other, None) => {
            return Err(refused(format!(
                "{other:?} is none of METRIC=VALUE, no-data, provider-error, pods-unready, slow-pods, pods-die, \
                 region-failed, region-silent, controller"
            )));
        }
    })
}

fn regions(from: String, say: Say) -> Wish {
    Wish::Change(Box::new(move |script| script.regions.push(Regions { from, say })))
}

/// Reads `VERB@TIME`.
pub(super) fn deed(text: &str) -> Result<(Duration, Verb), Error> {
    let refused = |why: String| Error::new(format!("--do {text:?}: {why}"));
    let (what, at) =
        text.rsplit_once('@').ok_or_else(|| refused("it has no time; write VERB@TIME".to_owned()))?;
    let at = crd::duration::parse(at).map_err(|error| refused(error.to_string()))?;
    let verb = match what.split_once(':').map_or((what, ""), |(verb, value)| (verb, value)) {
        ("abort", "") => Verb::Abort,
        ("promote", "") => Verb::Promote,
        ("promote-full", "") => Verb::PromoteFull,
        ("retry", "") => Verb::Retry,
        ("pause", "") => Verb::Pause,
        ("resume", "") => Verb::Resume,
        ("restart", "") => Verb::Restart,
        ("scale", size) => {
            Verb::Scale(size.parse().map_err(|_| refused(format!("{size:?} is no number of replicas")))?)
        }
        ("image", image) if !image.is_empty() => {
            Verb::SetImage { container: "*".to_owned(), image: image.to_owned() }
        }
        _ => {
            return Err(refused(format!(
                "{what:?} is none of abort, promote, promote-full, retry, pause, resume, restart, scale:N, image:IMAGE"
            )));
        }
    };
    Ok((at, verb))
}
