//! What can go wrong, in the words of the reference implementation.

/// When a program failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before it ran: the text is no program, or its types cannot fit.
    Compile,
    /// While it ran, on this value of `result`.
    Run,
}

/// A failure, with the message that ends up in a measurement.
///
/// `Display` gives the message alone, as the reference controller reports it; [`Error::report`] adds the place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Whether the program compiled.
    pub stage: Stage,
    /// The engine's message, worded as Go's expr-lang words it.
    pub message: String,
    /// Where, in characters from the start of the source.
    pub at: usize,
}

impl Error {
    pub(crate) fn compile(at: usize, message: impl Into<String>) -> Self {
        Self { stage: Stage::Compile, message: message.into(), at }
    }

    pub(crate) fn run(at: usize, message: impl Into<String>) -> Self {
        Self { stage: Stage::Run, message: message.into(), at }
    }

    /// The message with line, column and the offending line of `source`, a caret under the place.
    pub fn report(&self, source: &str) -> String {
        let before: Vec<char> = source.chars().take(self.at).collect();
        let line_number = before.iter().filter(|c| **c == '\n').count() + 1;
        let column = before.iter().rev().take_while(|c| **c != '\n').count();
        let line = source.split('\n').nth(line_number - 1).unwrap_or_default();
        if line.is_empty() {
            return self.message.clone();
        }
        let shown = line.replace('\t', " ");
        let dots = ".".repeat(column);
        format!("{} ({line_number}:{})\n | {shown}\n | {dots}^", self.message, column + 1)
    }
}
