//! Colours of a terminal (spec cli-get-tree 1.3).

/// Whether escape sequences are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// In colour.
    Ansi,
    /// Text alone.
    Plain,
}

/// Number of the colour of what is neither good nor bad.
pub(crate) const NEUTRAL: u8 = 0;
const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const BLUE: u8 = 94;

impl Paint {
    pub(crate) fn coloured(self, code: u8, text: &str) -> String {
        match self {
            Self::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Plain => text.to_owned(),
        }
    }

    /// What is wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.coloured(RED, text)
    }

    /// What may be wrong.
    pub(crate) fn doubtful(self, text: &str) -> String {
        self.coloured(YELLOW, text)
    }

    pub(crate) fn icon(self, icon: &str) -> String {
        let code = match icon {
            "◷" | "?" => YELLOW,
            "◌" => BLUE,
            "⚠" | "✖" => RED,
            "✔" => GREEN,
            _ => NEUTRAL,
        };
        self.coloured(code, icon)
    }

    pub(crate) fn tag(self, tag: &str) -> String {
        self.like_tag(tag, tag)
    }

    /// `text` in the colour of `tag`.
    pub(crate) fn like_tag(self, tag: &str, text: &str) -> String {
        let code = match tag {
            "canary" => YELLOW,
            "stable" | "active" => GREEN,
            "preview" | "ping" | "pong" => BLUE,
            _ => NEUTRAL,
        };
        self.coloured(code, text)
    }

    /// The name of something that is measured: blue while it goes on.
    pub(crate) fn name_in(self, phase: &str, name: &str) -> String {
        let code = if matches!(phase, "Pending" | "Running") { BLUE } else { NEUTRAL };
        self.coloured(code, name)
    }
}
