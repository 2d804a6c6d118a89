//! Lengths of time that no clock has.
//!
//! The parser takes a bare number for seconds where a range, a step or an offset stands, and panics when they are too
//! many. So they are looked at before.

use std::time::Duration;

use lrpar::{Lexeme as _, Lexer as _, NonStreamingLexer as _};
use promql_parser::parser::{lexer, token};
use promql_parser::util::parse_str_radix;

/// The first such number, as it is written.
pub(super) fn impossible(query: &str) -> Option<String> {
    // What cannot be read at all, the parser refuses.
    let lexer = lexer(query).ok()?;
    let mut awaited = false;
    for lexeme in lexer.iter().flatten() {
        let (kind, text) = (lexeme.tok_id(), lexer.span_str(lexeme.span()));
        let is_length = |seconds: f64| Duration::try_from_secs_f64(seconds).is_ok();
        if kind == token::T_NUMBER && awaited && parse_str_radix(text).is_ok_and(|number| !is_length(number))
        {
            return Some(text.to_owned());
        }
        awaited = match kind {
            token::T_LEFT_BRACKET | token::T_COLON | token::T_OFFSET => true,
            // An offset may be negative.
            token::T_ADD | token::T_SUB => awaited,
            _ => false,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::Storage;

    #[test]
    fn numbers_are_lengths_after_a_bracket_a_colon_and_an_offset() {
        for (query, found) in [
            ("up[1e99]", Some("1e99")),
            ("up[5m:1e99]", Some("1e99")),
            ("up offset 1e99", Some("1e99")),
            ("up offset - 1e99", Some("1e99")),
            ("sum_over_time(up[300]) > 1e99", None),
            ("up offset 300 == 1e99 - 1e99", None),
            ("up{a=\"[1e99]\"}", None),
            ("up @ 1e9", None),
        ] {
            assert_eq!(impossible(query).as_deref(), found, "{query}");
            let answer = super::super::query(&Storage::new(Duration::from_secs(60)), query, 0);
            assert_eq!(answer.is_err(), found.is_some(), "{query}: {answer:?}");
        }
    }
}
