//! RE2 patterns, and what Go says of broken ones.

use std::collections::BTreeMap;

use regex_lite::{Regex, RegexBuilder};

use crate::budget::Budget;

/// The bytes that a compiled pattern may have.
///
/// Counted repetition is written out, so a short text can stand for a large program: each character of the text that is
/// searched then costs as much as the program is long. A name or a message needs a few hundred bytes.
const LARGEST: usize = 64 << 10;

/// The least that is tried.
const SMALLEST: usize = 1 << 10;

/// Bytes of one state of a compiled pattern.
const STATE: usize = 32;

/// So many looks at a state, at one character, cost as much as a step of the program.
const LOOKS: u64 = 64;

/// How many patterns a run keeps; then it begins anew.
const KEPT: usize = 16;

/// What the compiler says of a pattern beyond its limit; the text is the only sign that it gives.
const TOO_LARGE: &str = "compiled regex exceeded size limit";

/// Why a pattern is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It breaks the syntax; the mistake is in Go's words as far as the common ones go.
    #[error("error parsing regexp: {0}")]
    Syntax(String),
    /// Compiled, it would have more than 64 KiB.
    #[error("error parsing regexp: expression too large: `{0}`")]
    TooLarge(String),
}

/// A regular expression of bounded size, for every pattern that a user writes.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// It has no more states than this.
    states: u64,
}

impl Pattern {
    /// Compiles the pattern.
    ///
    /// # Errors
    /// It breaks the syntax, or it is too large.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let too_large = || PatternError::TooLarge(pattern.chars().take(100).collect());
        if pattern.len() > LARGEST {
            return Err(too_large());
        }
        // The limit of the attempt that succeeds bounds the size, which the compiler does not tell.
        let mut limit = pattern.len().saturating_mul(STATE).next_power_of_two().clamp(SMALLEST, LARGEST);
        loop {
            match RegexBuilder::new(pattern).size_limit(limit).build() {
                Ok(regex) => return Ok(Self { regex, states: (limit / STATE) as u64 }),
                Err(error) if error.to_string() != TOO_LARGE => {
                    return Err(PatternError::Syntax(mistake(pattern)));
                }
                Err(_) if limit >= LARGEST => return Err(too_large()),
                Err(_) => limit *= 2,
            }
        }
    }

    /// Whether it is found anywhere in `text`. The time is that of its size times the length of `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// The patterns of one run: a condition asks the same one of each item of a list, so it is compiled once.
#[derive(Debug, Default)]
pub(crate) struct Patterns(BTreeMap<Box<str>, Pattern>);

impl Patterns {
    /// Whether `pattern` is found in `text`, once both compiling, the first time, and searching are charged.
    pub(crate) fn search(&mut self, pattern: &str, text: &str, budget: &mut Budget) -> Result<bool, String> {
        budget.work(1 + pattern.len() as u64 / 16)?;
        let known = match self.0.get(pattern) {
            Some(known) => known,
            None => self.compile(pattern, budget)?,
        };
        // At each character each state may be looked at once.
        budget.work((text.len() as u64).saturating_mul(known.states) / LOOKS)?;
        Ok(known.is_match(text))
    }

    fn compile(&mut self, pattern: &str, budget: &mut Budget) -> Result<&Pattern, String> {
        budget.work(pattern.len() as u64)?;
        let compiled = Pattern::new(pattern).map_err(|error| error.to_string())?;
        budget.work(compiled.states * 2)?;
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        Ok(self.0.entry(pattern.into()).or_insert(compiled))
    }
}

fn mistake(pattern: &str) -> String {
    let characters: Vec<char> = pattern.chars().collect();
    let mut open_groups = 0_usize;
    let mut i = 0;
    let mut repeatable = false;
    while let Some(c) = characters.get(i) {
        match c {
            '\\' if i + 1 == characters.len() => return "trailing backslash at end of expression: ``".into(),
            '\\' => i += 1,
            '[' => {
                let Some(end) = class_end(&characters, i) else {
                    let rest: String = characters.iter().skip(i).collect();
                    return format!("missing closing ]: `{rest}`");
                };
                i = end;
            }
            '(' => open_groups += 1,
            ')' if open_groups == 0 => return format!("unexpected ): `{pattern}`"),
            ')' => open_groups -= 1,
            '*' | '+' | '?' if !repeatable && characters.get(i.wrapping_sub(1)) != Some(&'(') => {
                return format!("missing argument to repetition operator: `{c}`");
            }
            _ => {}
        }
        repeatable = !matches!(c, '(' | '|');
        i += 1;
    }
    if open_groups > 0 {
        return format!("missing closing ): `{pattern}`");
    }
    format!("invalid or unsupported syntax: `{pattern}`")
}

/// The `]` that closes the class opened at `start`; one right after the opening is a member.
fn class_end(characters: &[char], start: usize) -> Option<usize> {
    let mut i = start + 1;
    if characters.get(i) == Some(&'^') {
        i += 1;
    }
    let first = i;
    loop {
        match characters.get(i)? {
            '\\' => i += 1,
            ']' if i > first => return Some(i),
            _ => {}
        }
        i += 1;
    }
}
