//! How the demo is shown while it runs.

use super::screen;
use super::stage::Board;
use crate::render::Paint;
use crate::{Error, Io};

/// How the demo is shown while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    /// One view that is drawn again and again, in a terminal of so many columns.
    Live(usize, Paint),
    /// A line for each thing that happens, as part of the output.
    Lines,
    /// The same lines beside the output, which a machine reads.
    Notes,
}

/// What is on the screen now.
#[derive(Debug)]
pub(crate) struct View {
    show: Show,
    drawn: usize,
}

impl View {
    pub(crate) fn new(show: Show) -> Self {
        Self { show, drawn: 0 }
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(self.show, Show::Live(..))
    }

    /// Draws the view anew, if there is one.
    pub(crate) fn draw(&mut self, board: &Board, io: &mut Io<'_>) -> Result<(), Error> {
        let Show::Live(columns, paint) = self.show else { return Ok(()) };
        let frame = screen::frame(board, columns, paint);
        let erase = self.erasing();
        self.drawn = frame.lines().count();
        io.text(format!("{erase}{frame}"))
    }

    /// A line that stays. A view makes room for it.
    pub(crate) fn say(&mut self, text: &str, io: &mut Io<'_>) -> Result<(), Error> {
        match self.show {
            Show::Notes => io.note(text),
            Show::Lines => io.line(text),
            Show::Live(..) => {
                let erase = self.erasing();
                self.drawn = 0;
                io.text(format!("{erase}{text}\n"))
            }
        }
    }

    /// Something that happened: a view shows it by itself.
    pub(crate) fn tell(&mut self, text: &str, io: &mut Io<'_>) -> Result<(), Error> {
        if self.is_live() { Ok(()) } else { self.say(text, io) }
    }

    fn erasing(&self) -> String {
        if self.drawn == 0 { String::new() } else { format!("\u{1b}[{}A\u{1b}[J", self.drawn) }
    }
}
