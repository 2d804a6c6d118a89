//! The operators, and how tightly each binds.

/// An operator between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    Greater,
    GreaterEqual,
    LessEqual,
    In,
    Matches,
    Contains,
    StartsWith,
    EndsWith,
    Range,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Coalesce,
}

/// An operator before one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Not,
    Minus,
    Plus,
}

/// How tightly an operator binds; nothing binds less than 0.
pub(crate) type Precedence = u16;

pub(crate) const PIPE: Precedence = 0;

/// Every spelling, with what it means and how tightly it binds.
const TABLE: [(&str, Binary, Precedence); 24] = [
    ("or", Binary::Or, 10),
    ("||", Binary::Or, 10),
    ("and", Binary::And, 15),
    ("&&", Binary::And, 15),
    ("==", Binary::Equal, 20),
    ("!=", Binary::NotEqual, 20),
    ("<", Binary::Less, 20),
    (">", Binary::Greater, 20),
    (">=", Binary::GreaterEqual, 20),
    ("<=", Binary::LessEqual, 20),
    ("in", Binary::In, 20),
    ("matches", Binary::Matches, 20),
    ("contains", Binary::Contains, 20),
    ("startsWith", Binary::StartsWith, 20),
    ("endsWith", Binary::EndsWith, 20),
    ("..", Binary::Range, 25),
    ("+", Binary::Add, 30),
    ("-", Binary::Subtract, 30),
    ("*", Binary::Multiply, 60),
    ("/", Binary::Divide, 60),
    ("%", Binary::Modulo, 60),
    ("**", Binary::Power, 100),
    ("^", Binary::Power, 100),
    ("??", Binary::Coalesce, 500),
];

/// The operator spelled so; the spelling comes back for messages.
pub(crate) fn binary(spelling: &str) -> Option<(&'static str, Binary, Precedence)> {
    TABLE.iter().find(|row| row.0 == spelling).copied()
}

/// The prefix operator spelled so.
pub(crate) fn unary(spelling: &str) -> Option<(&'static str, Unary, Precedence)> {
    match spelling {
        "not" => Some(("not", Unary::Not, 50)),
        "!" => Some(("!", Unary::Not, 50)),
        "-" => Some(("-", Unary::Minus, 90)),
        "+" => Some(("+", Unary::Plus, 90)),
        _ => None,
    }
}

impl Binary {
    /// `a < b < c` means `a < b && b < c` for these.
    pub(crate) fn chains(self) -> bool {
        matches!(self, Self::Less | Self::Greater | Self::GreaterEqual | Self::LessEqual)
    }

    /// `not` may stand before these: `a not in b`.
    pub(crate) fn negatable(self) -> bool {
        matches!(self, Self::In | Self::Matches | Self::Contains | Self::StartsWith | Self::EndsWith)
    }

    pub(crate) fn right_associative(self) -> bool {
        self == Self::Power
    }
}
