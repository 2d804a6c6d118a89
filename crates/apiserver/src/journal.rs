//! Keeps the objects over a restart: a log of changes and, now and then, a snapshot that replaces it.
//!
//! `<dir>/snapshot.jsonl` holds a line about the whole and then a line per object; `<dir>/journal.jsonl` a line per
//! change since. Each change is handed to the operating system before the request is answered, so a killed server
//! loses nothing. It is not flushed to the disk (a development server writes too much for that): a machine that loses
//! power may lose the last changes, and a line that was cut in half is dropped with what follows it. Snapshots are
//! flushed before they take the old one's place.

mod record;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use world::{WatchEvent, WatchEventType, World};

use record::{Head, Record, uid_counter};

/// Changes after which a snapshot is worth its writing, at least; later also as many as there are objects.
const COMPACT_AFTER: usize = 10_000;

/// An object's address: group, plural, namespace, name.
type Key = (String, String, String, String);

/// The log and the snapshot of one server.
#[derive(Debug)]
pub(crate) struct Journal {
    directory: PathBuf,
    log: File,
    /// Everything up to this version is in the files.
    version: u64,
    /// The largest uid counter that was ever seen.
    uids: u64,
    /// Lines in the log.
    lines: usize,
}

impl Journal {
    /// Opens the files in `directory`, makes them where they are missing, and puts what they hold into `world`.
    ///
    /// A second server on the same directory is refused.
    pub(crate) fn open(directory: &Path, world: &mut World) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let log =
            OpenOptions::new().read(true).append(true).create(true).open(directory.join("journal.jsonl"))?;
        if log.try_lock().is_err() {
            return Err(io::Error::new(
                io::ErrorKind::AddrInUse,
                format!(
                    "{} is in use by another server: stop it or choose another directory",
                    directory.display()
                ),
            ));
        }
        let mut kept = Kept::read(directory, &log)?;
        let mut journal = Self {
            directory: directory.to_owned(),
            log,
            version: kept.version,
            uids: kept.uids,
            lines: kept.lines,
        };
        if kept.version > 0 {
            let objects = std::mem::take(&mut kept.objects).into_iter();
            let objects = objects.map(|((group, plural, ..), object)| (group, plural, object));
            world.restore(kept.version, kept.uids, objects);
        } else {
            journal.compact(world)?;
        }
        Ok(journal)
    }

    /// Writes what has changed since the last time.
    pub(crate) fn record(&mut self, world: &World) -> io::Result<()> {
        let Ok(events) = world.events_after(self.version) else {
            // More has changed at once than the world's log holds.
            return self.compact(world);
        };
        let mut piece = Vec::new();
        for event in events {
            self.uids = self.uids.max(uid_counter(&event.object));
            serde_json::to_writer(&mut piece, &Record::of(event))?;
            piece.push(b'\n');
            self.lines += 1;
        }
        self.log.write_all(&piece)?;
        self.version = world.version();
        let objects = world.kinds().map(|kind| world.objects(&kind.group, &kind.plural, "").count());
        if self.lines >= COMPACT_AFTER && self.lines >= objects.sum() {
            self.compact(world)?;
        }
        Ok(())
    }

    /// Writes a snapshot and empties the log.
    fn compact(&mut self, world: &World) -> io::Result<()> {
        let (new, old) = (self.directory.join("snapshot.new"), self.directory.join("snapshot.jsonl"));
        let mut file = BufWriter::new(File::create(&new)?);
        for kind in world.kinds() {
            for object in world.objects(&kind.group, &kind.plural, "") {
                self.uids = self.uids.max(uid_counter(object));
            }
        }
        serde_json::to_writer(&mut file, &Head { version: world.version(), uids: self.uids })?;
        file.write_all(b"\n")?;
        for kind in world.kinds() {
            for object in world.objects(&kind.group, &kind.plural, "") {
                let event = WatchEvent {
                    version: world.version(),
                    kind: WatchEventType::Added,
                    group: kind.group.clone(),
                    plural: kind.plural.clone(),
                    object: object.clone(),
                    previous: None,
                };
                serde_json::to_writer(&mut file, &Record::of(&event))?;
                file.write_all(b"\n")?;
            }
        }
        file.into_inner()?.sync_all()?;
        std::fs::rename(new, old)?;
        // A crash before this line leaves changes in the log that the snapshot has: they are older and passed over.
        self.log.set_len(0)?;
        (self.version, self.lines) = (world.version(), 0);
        Ok(())
    }
}

/// What the files hold.
#[derive(Default)]
struct Kept {
    version: u64,
    uids: u64,
    lines: usize,
    objects: BTreeMap<Key, Arc<Value>>,
}

impl Kept {
    fn read(directory: &Path, log: &File) -> io::Result<Self> {
        let mut kept = Self::default();
        match File::open(directory.join("snapshot.jsonl")) {
            Ok(file) => kept.snapshot(file)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        kept.changes(log)?;
        Ok(kept)
    }

    /// A snapshot is whole or not there: anything else is damage that must not be overwritten.
    fn snapshot(&mut self, file: File) -> io::Result<()> {
        let mut lines = BufReader::new(file).lines();
        let head: Head = serde_json::from_str(&lines.next().transpose()?.unwrap_or_default())?;
        for line in lines {
            self.take(serde_json::from_str(&line?)?);
        }
        (self.version, self.uids) = (head.version, head.uids);
        Ok(())
    }

    /// Reads the log up to the first line that is not whole, and cuts the rest off.
    fn changes(&mut self, mut log: &File) -> io::Result<()> {
        log.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(log);
        let (mut whole, mut line) = (0_u64, Vec::new());
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            let Some(text) = line.strip_suffix(b"\n") else { break };
            let Ok(record) = serde_json::from_slice::<Record>(text) else { break };
            whole += length as u64;
            self.lines += 1;
            if record.version > self.version {
                self.version = record.version;
                self.take(record);
            }
        }
        if log.metadata()?.len() > whole {
            tracing::warn!("the journal's end is damaged; it is cut off after {} changes", self.lines);
            log.set_len(whole)?;
        }
        Ok(())
    }

    fn take(&mut self, record: Record) {
        self.uids = self.uids.max(uid_counter(&record.object));
        let text = |field: &str| record.object["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = (record.group.to_string(), record.plural.to_string(), text("namespace"), text("name"));
        if record.deleted {
            self.objects.remove(&key);
        } else {
            self.objects.insert(key, record.object);
        }
    }
}
