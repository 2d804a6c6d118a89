//! The regions while they run, and what is known of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::observe::{Seen, changes, seen};
use super::place::Place;
use super::releases::{FIRST_VERSION, Release};
use super::report::Entry;
use super::show::View;
use super::tally::Tally;
use super::{Addresses, Options, Pace, Ports, REGIONS, ROLLOUT, patience};
use crate::info::Objects;
use crate::json::Read as _;
use crate::resource::{ANALYSIS_RUNS, PODS, REPLICA_SETS, ROLLOUTS};
use crate::watch::Mirror;
use crate::{Cluster, Error, Io, commands};

/// Time between two views.
const FRAME: Duration = Duration::from_millis(100);
/// Looks that wait to be taken; a region that is faster waits.
const WAITING_LOOKS: usize = 64;

/// The regions while they run.
pub(crate) struct Stage {
    pub(crate) places: Vec<Place>,
    pub(crate) board: Board,
    pub(crate) view: View,
    looks: mpsc::Receiver<Look>,
    watching: CancellationToken,
    watchers: TaskTracker,
}

/// What is known of a release that is under way.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) pace: Pace,
    /// Which of how many.
    pub(crate) place: (usize, usize),
    /// `None` until the first version runs.
    pub(crate) release: Option<&'static Release>,
    /// The version before.
    pub(crate) from: String,
    pub(crate) began: Instant,
    pub(crate) regions: Vec<RegionBoard>,
    pub(crate) timeline: Vec<Entry>,
    /// When it was decided that the release cannot be promoted, since it began.
    pub(crate) decided: Option<Duration>,
}

/// What is known of one region.
#[derive(Debug)]
pub(crate) struct RegionBoard {
    pub(crate) name: &'static str,
    /// `None` until the Rollout is seen first.
    pub(crate) seen: Option<Seen>,
    /// The furthest step of the release.
    pub(crate) furthest: usize,
    pub(crate) tally: Arc<Tally>,
}

/// A region at a moment.
struct Look {
    region: usize,
    seen: Seen,
    at: Instant,
}

impl Stage {
    /// Starts the regions, each with a controller, and begins to watch them.
    pub(crate) async fn open(options: &Options, io: &mut Io<'_>) -> Result<Self, Error> {
        let mut view = View::new(options.show);
        view.say(&welcome(options), io)?;
        let opening = REGIONS.iter().enumerate();
        let mut places = try_join_all(
            opening.map(|(index, name)| Place::open(name, Ports::of(options.port, index), options)),
        )
        .await?;
        let clients = places.iter().map(|place| Ok((place.name.to_owned(), place.remote_client()?)));
        let clients: BTreeMap<_, _> = clients.collect::<Result<_, Error>>()?;
        for place in &mut places {
            let mut peers = clients.clone();
            peers.remove(place.name);
            place.control(peers).await?;
        }
        let (send, looks) = mpsc::channel(WAITING_LOOKS);
        let (watching, watchers) = (CancellationToken::new(), TaskTracker::new());
        for (index, place) in places.iter().enumerate() {
            let (cluster, send, token) = (place.cluster.clone(), send.clone(), watching.clone());
            watchers.spawn(async move { token.run_until_cancelled(watch(index, cluster, send)).await });
        }
        let regions = places.iter().map(|place| RegionBoard {
            name: place.name,
            seen: None,
            furthest: 0,
            tally: place.load.count_anew(),
        });
        let board = Board {
            pace: options.pace,
            place: (0, options.releases.len()),
            release: None,
            from: FIRST_VERSION.to_owned(),
            began: Instant::now(),
            regions: regions.collect(),
            timeline: Vec::new(),
            decided: None,
        };
        Ok(Self { places, board, view, looks, watching, watchers })
    }

    /// Waits until the version of the manifests runs everywhere and clients are served.
    pub(crate) async fn settle_first_version(&mut self, io: &mut Io<'_>) -> Result<(), Error> {
        let version = self.board.from.clone();
        let runs = |region: &RegionBoard| region.seen.as_ref().is_some_and(|seen| seen.promoted(&version));
        let served = |region: &RegionBoard| region.tally.of(&version).0 > 0;
        let settled = |board: &Board| board.regions.iter().all(|region| runs(region) && served(region));
        if self.until(io, patience(self.board.pace), settled).await? {
            return Ok(());
        }
        let waiting: Vec<String> =
            self.board.regions.iter().filter(|region| !runs(region)).map(RegionBoard::state).collect();
        Err(Error::new(format!("version {version} does not run yet: {}", waiting.join("; "))))
    }

    /// Counts from now on for `release`, which replaces `from`.
    pub(crate) fn begin(&mut self, release: &'static Release) {
        self.board.place.0 += 1;
        self.board.release = Some(release);
        self.board.began = Instant::now();
        self.board.timeline.clear();
        self.board.decided = None;
        for (place, region) in self.places.iter().zip(&mut self.board.regions) {
            region.tally = place.load.count_anew();
            region.furthest = 0;
        }
    }

    /// Changes the image in every region.
    pub(crate) async fn set_version(&self, version: &str) -> Result<(), Error> {
        let image = format!("openclaw/rating-api:{version}");
        let writes = self.places.iter();
        let writes = writes.map(|place| commands::set_image::write(&place.cluster, ROLLOUT, "*", &image));
        try_join_all(writes).await.map(|_| ())
    }

    /// Takes what the regions show until the board is as wished; `false` when `limit` is over before.
    pub(crate) async fn until(
        &mut self,
        io: &mut Io<'_>,
        limit: Duration,
        wished: impl Fn(&Board) -> bool,
    ) -> Result<bool, Error> {
        let end = Instant::now() + limit;
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !wished(&self.board) {
            tokio::select! {
                look = self.looks.recv() => {
                    let Some(look) = look else { return Err(Error::new("the regions are gone")) };
                    for line in self.board.take(look) {
                        self.view.tell(&line, io)?;
                    }
                }
                _ = frames.tick() => self.view.draw(&self.board, io)?,
                () = sleep_until(end) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Takes what the regions show, without a word: looks that nobody takes would hold the watchers up.
    pub(crate) async fn follow_quietly(&mut self) -> Result<(), Error> {
        while let Some(look) = self.looks.recv().await {
            self.board.take(look);
            self.board.timeline.clear();
        }
        Err(Error::new("the regions are gone"))
    }

    pub(crate) fn addresses(&self) -> Vec<(&'static str, Addresses)> {
        self.places.iter().map(|place| (place.name, place.addresses())).collect()
    }

    /// Ends everything in good order.
    pub(crate) async fn close(self) {
        self.watching.cancel();
        self.watchers.close();
        self.watchers.wait().await;
        futures::future::join_all(self.places.into_iter().map(Place::close)).await;
    }
}

impl Board {
    /// Takes a look over; the lines tell what is new.
    fn take(&mut self, look: Look) -> Vec<String> {
        let Some(region) = self.regions.get_mut(look.region) else { return Vec::new() };
        let since = look.at.saturating_duration_since(self.began);
        let news = region.seen.as_ref().map(|before| changes(before, &look.seen)).unwrap_or_default();
        let released = self.release.map(|release| release.version);
        let of_release = [&look.seen.canary, &look.seen.stable].into_iter().flatten();
        // Before the controller has seen the change, the step is that of the release before.
        if of_release.map(|pods| pods.version.as_str()).any(|version| Some(version) == released) {
            region.furthest = region.furthest.max(look.seen.step);
        }
        let steps = look.seen.steps.len();
        region.seen = Some(look.seen);
        let name = region.name;
        let mut lines = Vec::new();
        for change in news {
            if self.decided.is_none() && change.decides() {
                self.decided = Some(since);
            }
            let what = change.to_string();
            let entry = Entry { at: round(since), region: name, step: change.step, steps, what };
            lines.push(entry.to_string());
            self.timeline.push(entry);
        }
        lines
    }
}

impl RegionBoard {
    /// In a few words, for messages.
    pub(crate) fn state(&self) -> String {
        match &self.seen {
            None => format!("{}: the Rollout was not seen", self.name),
            Some(seen) => format!(
                "{}: {} at step {}/{} {}",
                self.name,
                seen.phase.word,
                seen.step,
                seen.steps.len(),
                seen.phase.message
            ),
        }
    }
}

/// Tenths of seconds are what a person compares.
pub(crate) fn round(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1000.0).round() / 1000.0
}

fn welcome(options: &Options) -> String {
    format!(
        "Two regions on this machine: {}. Each has an API server, a node, a gateway, metrics, a controller, and \
         clients that send {} requests/s.\nPace {}: a pause of 5 minutes takes {} s.",
        REGIONS.join(" and "),
        options.rate,
        options.pace.factor(),
        round(options.pace.scale(Duration::from_secs(300)))
    )
}

/// Sends a look whenever something is different, for as long as somebody takes them.
async fn watch(region: usize, cluster: Cluster, looks: mpsc::Sender<Look>) {
    let mut mirror = Mirror::of(&cluster, &[ROLLOUTS, REPLICA_SETS, PODS, ANALYSIS_RUNS]);
    let mut last = None;
    loop {
        mirror.changed().await;
        if !mirror.complete() {
            continue;
        }
        let all = mirror.all(ROLLOUTS);
        let Some(rollout) = all.iter().find(|rollout| rollout.name() == ROLLOUT) else { continue };
        let objects = Objects {
            replica_sets: mirror.all(REPLICA_SETS),
            pods: mirror.all(PODS),
            analysis_runs: mirror.all(ANALYSIS_RUNS),
            ..Objects::default()
        };
        let seen = seen(rollout, &objects);
        if last.as_ref() != Some(&seen) {
            last = Some(seen.clone());
            if looks.send(Look { region, seen, at: Instant::now() }).await.is_err() {
                return;
            }
        }
    }
}
