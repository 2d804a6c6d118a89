//! Operations on two values: numbers, vectors, or one of each.

use promql_parser::parser::BinaryExpr;

use super::arithmetic::{Operator, Verdict};
use super::eval::Evaluator;
use super::matching;
use super::value::distinct;
use super::{Error, Sample, Value};

/// On which side of an operator the number stands.
#[derive(Clone, Copy)]
enum Number {
    Left(f64),
    Right(f64),
}

pub(super) fn eval(context: &Evaluator<'_>, operation: &BinaryExpr) -> Result<Value, Error> {
    let modifier = operation.modifier.clone().unwrap_or_default();
    if modifier.fill_values.lhs.is_some() || modifier.fill_values.rhs.is_some() {
        return Err(Error::unsupported("`fill` in a binary operation"));
    }
    let (left, right) = (context.eval(&operation.lhs)?, context.eval(&operation.rhs)?);
    if operation.op.is_set_operator() {
        return Ok(matching::set(operation.op, left.vector()?, right.vector()?, &modifier));
    }
    let operator = Operator::of(operation.op)?;
    let verdict = if modifier.return_bool { Verdict::Number } else { Verdict::Filter };
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let value = operator.apply(left, right, left, Verdict::Number);
            Ok(Value::Scalar(value.unwrap_or(f64::NAN)))
        }
        (Value::Scalar(number), samples) => {
            with_number(operator, samples.vector()?, Number::Left(number), verdict)
        }
        (samples, Value::Scalar(number)) => {
            with_number(operator, samples.vector()?, Number::Right(number), verdict)
        }
        (left, right) => matching::combine(operator, verdict, left.vector()?, right.vector()?, &modifier),
    }
}

fn with_number(
    operator: Operator,
    samples: Vec<Sample>,
    number: Number,
    verdict: Verdict,
) -> Result<Value, Error> {
    let drops_name = operator.drops_name() || verdict == Verdict::Number;
    let results = samples.into_iter().filter_map(|sample| {
        let (left, right) = match number {
            Number::Left(number) => (number, sample.value),
            Number::Right(number) => (sample.value, number),
        };
        let value = operator.apply(left, right, sample.value, verdict)?;
        let labels = if drops_name { sample.labels.without_name() } else { sample.labels };
        Some(Sample { labels, value })
    });
    distinct(results.collect())
}
