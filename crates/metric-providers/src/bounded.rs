//! Text with an end: what comes after its limit is not even written.

/// What stands behind a text that was cut off.
const CUT: char = '…';

/// A text that grows up to a limit. Whoever writes a list into it asks [`Bounded::is_full`] before each item, so that a
/// value of millions costs no more than what is kept of it.
pub(crate) struct Bounded {
    text: String,
    most: usize,
}

impl Bounded {
    /// For at most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self { text: String::new(), most }
    }

    /// A text that is there already.
    pub(crate) const fn of(text: String, most: usize) -> Self {
        Self { text, most }
    }

    /// Whether more than the limit was written: whatever follows would be cut off.
    pub(crate) fn is_full(&self) -> bool {
        self.text.len() > self.most
    }

    /// As much of a text as makes this one full: the rest would be cut off.
    pub(crate) fn beginning<'t>(&self, text: &'t str) -> &'t str {
        let room = self.most.saturating_add(1).saturating_sub(self.text.len());
        text.get(..text.ceil_char_boundary(room)).unwrap_or(text)
    }

    pub(crate) fn push(&mut self, text: &str) {
        let text = self.beginning(text);
        self.text.push_str(text);
    }

    /// Writes what stands between two brackets.
    pub(crate) fn list<T>(
        &mut self,
        [open, between, close]: [&str; 3],
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.push(open);
        for (at, item) in items.into_iter().enumerate() {
            if self.is_full() {
                return;
            }
            if at > 0 {
                self.push(between);
            }
            write(self, item);
        }
        self.push(close);
    }

    /// The text; one that was too long ends with a sign of that.
    pub(crate) fn end(self) -> String {
        let Self { mut text, most } = self;
        if text.len() > most {
            text.truncate(text.floor_char_boundary(most));
            text.push(CUT);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_comes_after_the_limit_is_not_written() {
        let written = Cell::new(0);
        let mut out = Bounded::new(5);
        out.list(["[", ",", "]"], 0..1_000_000, |out, number: i32| {
            written.set(written.get() + 1);
            out.push(&number.to_string());
        });
        assert_eq!((out.end().as_str(), written.get()), ("[0,1,…", 3));
    }

    #[test]
    fn a_text_is_cut_between_characters_and_only_if_it_is_too_long() {
        for (text, expected) in [("ab", "ab"), ("abé", "abé"), ("abcé", "abc…"), ("abcde", "abcd…")] {
            let mut out = Bounded::new(4);
            out.push(text);
            assert_eq!(out.end(), expected);
        }
    }
}
