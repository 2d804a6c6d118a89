//! Operators on two numbers.

use promql_parser::parser::token::{
    T_ADD, T_ATAN2, T_DIV, T_EQLC, T_GTE, T_GTR, T_LSS, T_LTE, T_MOD, T_MUL, T_NEQ, T_POW, T_SUB, TokenType,
};

use super::Error;

/// What an operator makes of two numbers.
#[derive(Clone, Copy)]
pub(super) enum Operator {
    /// Another number, of another quantity: the metric's name goes.
    Arithmetic(fn(f64, f64) -> f64),
    /// A choice: keep the left value or not.
    Comparison(fn(&f64, &f64) -> bool),
}

use Operator::{Arithmetic, Comparison};

impl Operator {
    pub(super) fn of(token: TokenType) -> Result<Self, Error> {
        Ok(match token.id() {
            T_ADD => Arithmetic(|a, b| a + b),
            T_SUB => Arithmetic(|a, b| a - b),
            T_MUL => Arithmetic(|a, b| a * b),
            T_DIV => Arithmetic(|a, b| a / b),
            T_MOD => Arithmetic(|a, b| a % b),
            T_POW => Arithmetic(f64::powf),
            T_ATAN2 => Arithmetic(f64::atan2),
            T_EQLC => Comparison(f64::eq),
            T_NEQ => Comparison(f64::ne),
            T_GTR => Comparison(f64::gt),
            T_LSS => Comparison(f64::lt),
            T_GTE => Comparison(f64::ge),
            T_LTE => Comparison(f64::le),
            _ => return Err(Error::unsupported(format!("the operator `{token}`"))),
        })
    }

    /// Whether the result is another quantity than the operands.
    pub(super) fn drops_name(self) -> bool {
        matches!(self, Arithmetic(_))
    }

    /// The number that stands in the result, `None` for a comparison that does not hold. Of a comparison it is
    /// `kept`, the operand that is being filtered; with `bool` 0 or 1.
    pub(super) fn apply(self, left: f64, right: f64, kept: f64, verdict: Verdict) -> Option<f64> {
        match (self, verdict) {
            (Arithmetic(f), _) => Some(f(left, right)),
            (Comparison(f), Verdict::Filter) => f(&left, &right).then_some(kept),
            (Comparison(f), Verdict::Number) => Some(f64::from(u8::from(f(&left, &right)))),
        }
    }
}

/// What a comparison gives.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// The series for which it holds.
    Filter,
    /// 0 or 1, as `bool` asks.
    Number,
}
