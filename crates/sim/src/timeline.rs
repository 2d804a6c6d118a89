//! What happened when, one line an event.

use std::fmt;

use jiff::Timestamp;

/// What happened when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    start: Timestamp,
    entries: Vec<Entry>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// To which object: kind and name; or who did it.
    pub subject: String,
    /// What.
    pub what: String,
}

impl Timeline {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { start, entries: Vec::new() }
    }

    pub(crate) fn tell(&mut self, at: Timestamp, subject: impl Into<String>, what: impl Into<String>) {
        self.entries.push(Entry { at, subject: subject.into(), what: what.into() });
    }

    /// Everything that happened, in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl fmt::Display for Timeline {
    /// Hours, minutes and seconds since the start, then the event.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Entry { at, subject, what } in &self.entries {
            let seconds = at.duration_since(self.start).as_secs();
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            // The event of a first split ends with nothing.
            let what = what.trim_end();
            writeln!(f, "{hours:02}:{minutes:02}:{seconds:02}  {subject}: {what}")?;
        }
        Ok(())
    }
}
