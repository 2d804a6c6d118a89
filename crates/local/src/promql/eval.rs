//! From query text to answer: one function walks the syntax tree.

use promql_parser::parser::{self, Expr};

use super::storage::{Data, Storage};
use super::value::distinct;
use super::{Error, QueryResult, Sample, Value, aggregate, binary, functions, lengths, selector};

/// Longer queries are refused; the parser and we recurse over what it contains.
const MAX_LENGTH: usize = 4096;
/// Deeper queries are refused.
const MAX_DEPTH: usize = 64;

/// Answers `expr` as of `at`, milliseconds since the epoch, from one consistent view of the store.
pub fn query(storage: &Storage, expr: &str, at: i64) -> Result<QueryResult, Error> {
    let refuse = |reason: String| Error::Parse { query: expr.chars().take(200).collect(), reason };
    if expr.len() > MAX_LENGTH {
        return Err(refuse(format!("it is longer than {MAX_LENGTH} bytes")));
    }
    if let Some(number) = lengths::impossible(expr) {
        return Err(refuse(format!("{number} seconds is no length of time")));
    }
    let tree = parser::parse(expr).map_err(refuse)?;
    let data = storage.read();
    let value = Evaluator { data: &data, at, depth: 0 }.eval(&tree)?;
    Ok(QueryResult { at, value })
}

/// What every construct is evaluated against.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) data: &'a Data,
    /// Milliseconds since the epoch.
    pub(super) at: i64,
    depth: usize,
}

impl Evaluator<'_> {
    pub(super) fn eval(&self, expr: &Expr) -> Result<Value, Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::unsupported(format!("nesting deeper than {MAX_DEPTH}")));
        }
        let inner = Self { depth: self.depth + 1, ..*self };
        match expr {
            Expr::NumberLiteral(literal) => Ok(Value::Scalar(literal.val)),
            Expr::StringLiteral(literal) => Ok(Value::Text(literal.val.clone())),
            Expr::Paren(paren) => inner.eval(&paren.expr),
            Expr::Unary(unary) => negate(inner.eval(&unary.expr)?),
            Expr::VectorSelector(wanted) => selector::instant(&inner, wanted).map(Value::Vector),
            Expr::MatrixSelector(wanted) => selector::matrix(&inner, wanted).map(Value::Matrix),
            Expr::Binary(operation) => binary::eval(&inner, operation),
            Expr::Aggregate(aggregation) => aggregate::eval(&inner, aggregation),
            Expr::Call(call) => functions::call(&inner, call),
            Expr::Subquery(_) => Err(Error::unsupported("a subquery `[range:step]`")),
            Expr::Extension(_) => Err(Error::unsupported("a parser extension")),
        }
    }

    pub(super) fn vector(&self, expr: &Expr) -> Result<Vec<Sample>, Error> {
        self.eval(expr)?.vector()
    }

    pub(super) fn scalar(&self, expr: &Expr) -> Result<f64, Error> {
        self.eval(expr)?.scalar()
    }
}

fn negate(value: Value) -> Result<Value, Error> {
    match value {
        Value::Scalar(value) => Ok(Value::Scalar(-value)),
        other => distinct(each(other.vector()?, |value| -value)),
    }
}

/// Applies `f` to every value; the metric's name goes, for the result is another quantity.
pub(super) fn each(samples: Vec<Sample>, f: impl Fn(f64) -> f64) -> Vec<Sample> {
    let changed = |sample: Sample| Sample { labels: sample.labels.without_name(), value: f(sample.value) };
    samples.into_iter().map(changed).collect()
}
