//! The words of the language.

use std::fmt;

/// What kind of word a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Identifier,
    Number,
    Text,
    Bytes,
    Operator,
    Bracket,
    End,
}

/// One word of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The word itself; for text, what it means after its escapes.
    pub(crate) value: String,
    /// Characters from the start of the source.
    pub(crate) at: usize,
}

impl Token {
    pub(crate) fn is(&self, kind: Kind, value: &str) -> bool {
        self.kind == kind && self.value == value
    }

    pub(crate) fn operator(&self, value: &str) -> bool {
        self.is(Kind::Operator, value)
    }

    pub(crate) fn bracket(&self, value: &str) -> bool {
        self.is(Kind::Bracket, value)
    }
}

/// As the reference prints a token in `unexpected token ...`.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Identifier => "Identifier",
            Kind::Number => "Number",
            Kind::Text => "String",
            Kind::Bytes => "Bytes",
            Kind::Operator => "Operator",
            Kind::Bracket => "Bracket",
            Kind::End => "EOF",
        };
        if self.value.is_empty() {
            return f.write_str(kind);
        }
        write!(f, "{kind}({})", crate::go_text::quoted(&self.value))
    }
}
