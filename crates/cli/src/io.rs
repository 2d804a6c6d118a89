//! Where a command writes.

use std::io::{self, Write};

use crate::Error;

/// The two streams of a command.
pub struct Io<'a> {
    /// What was asked for.
    pub out: &'a mut (dyn Write + Send),
    /// What else there is to say.
    pub err: &'a mut (dyn Write + Send),
}

impl Io<'_> {
    /// Writes a line that was asked for.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        self.text(format!("{}\n", text.as_ref()))
    }

    /// Writes a text that was asked for.
    pub(crate) fn text(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        written(self.out.write_all(text.as_ref().as_bytes()).and_then(|()| self.out.flush()))
    }

    /// Writes a line that nobody asked for.
    pub(crate) fn note(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        written(writeln!(self.err, "{}", text.as_ref()))
    }
}

fn written(result: io::Result<()>) -> Result<(), Error> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Error::Closed,
        _ => Error::Message(format!("cannot write the output: {error}")),
    })
}
