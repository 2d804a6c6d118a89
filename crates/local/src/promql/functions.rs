//! The table of functions.

use promql_parser::label::MatchOp;
use promql_parser::parser::{Call, Expr, VectorSelector};

use super::eval::{Evaluator, each};
use super::histogram::histogram_quantile;
use super::value::distinct;
use super::window::{self, Window};
use super::{Error, Labels, Sample, Value, over_time, selector};

/// How a function is evaluated.
enum Function {
    /// How the samples of each series in a range change; `None` when there are too few.
    Change(fn(&Window<'_>) -> Option<f64>),
    /// What the samples of each series in a range come to.
    OverTime(fn(&Window<'_>) -> f64),
    /// On each value by itself.
    OnValue(fn(f64) -> f64),
    /// The moment that is asked about, in seconds.
    Now,
    /// With a look at its arguments.
    Other(fn(&Evaluator<'_>, &[Box<Expr>]) -> Result<Value, Error>),
}

use Function::{Change, Now, OnValue, Other, OverTime};

/// One row a function.
const FUNCTIONS: &[(&str, Function)] = &[
    ("abs", OnValue(f64::abs)),
    ("absent", Other(absent)),
    ("absent_over_time", Other(absent)),
    ("avg_over_time", OverTime(over_time::avg)),
    ("ceil", OnValue(f64::ceil)),
    ("changes", OverTime(over_time::changes)),
    ("clamp", Other(clamp)),
    ("clamp_max", Other(clamp_max)),
    ("clamp_min", Other(clamp_min)),
    ("count_over_time", OverTime(over_time::count)),
    ("delta", Change(window::delta)),
    ("exp", OnValue(f64::exp)),
    ("floor", OnValue(f64::floor)),
    ("histogram_quantile", Other(histogram_quantile)),
    ("idelta", Change(window::idelta)),
    ("increase", Change(window::increase)),
    ("irate", Change(window::irate)),
    ("last_over_time", OverTime(over_time::last)),
    ("ln", OnValue(f64::ln)),
    ("log10", OnValue(f64::log10)),
    ("log2", OnValue(f64::log2)),
    ("max_over_time", OverTime(over_time::max)),
    ("min_over_time", OverTime(over_time::min)),
    ("present_over_time", OverTime(|_| 1.0)),
    ("rate", Change(window::rate)),
    ("resets", OverTime(over_time::resets)),
    ("round", Other(round)),
    ("scalar", Other(scalar)),
    ("sqrt", OnValue(f64::sqrt)),
    ("sum_over_time", OverTime(over_time::sum)),
    ("time", Now),
    ("vector", Other(vector)),
];

/// Evaluates a call. The parser has checked number and types of the arguments.
pub(super) fn call(context: &Evaluator<'_>, call: &Call) -> Result<Value, Error> {
    let args = &call.args.args;
    let row = FUNCTIONS.iter().find(|(name, _)| *name == call.func.name);
    match row {
        Some((name, Change(f))) => over_range(context, name, arg(args, 0)?, f),
        Some((name, OverTime(f))) => over_range(context, name, arg(args, 0)?, |window| Some(f(window))),
        Some((_, OnValue(f))) => distinct(each(context.vector(arg(args, 0)?)?, f)),
        Some((_, Now)) => Ok(Value::Scalar(context.at as f64 / 1000.0)),
        Some((_, Other(f))) => f(context, args),
        None => Err(Error::unsupported(format!("the function `{}`", call.func.name))),
    }
}

/// An argument that must be there.
pub(super) fn arg(args: &[Box<Expr>], at: usize) -> Result<&Expr, Error> {
    args.get(at).map(AsRef::as_ref).ok_or(Error::Type { expected: "an argument", found: "none" })
}

fn over_range(
    context: &Evaluator<'_>,
    name: &str,
    arg: &Expr,
    f: impl Fn(&Window<'_>) -> Option<f64>,
) -> Result<Value, Error> {
    let wanted = match unwrapped(arg) {
        Expr::MatrixSelector(wanted) => wanted,
        Expr::Subquery(_) => return Err(Error::unsupported("a subquery `[range:step]`")),
        _ => {
            return Err(Error::Type { expected: "a range vector", found: "another expression" });
        }
    };
    let (start, end) = selector::bounds(context.at, wanted);
    let series = selector::matrix(context, wanted)?.into_iter();
    let results = series.filter_map(|series| {
        let value = f(&Window { samples: &series.samples, start, end })?;
        // The last value of a metric is still that metric; any other result is another quantity.
        let labels = if name == "last_over_time" { series.labels } else { series.labels.without_name() };
        Some(Sample { labels, value })
    });
    distinct(results.collect())
}

fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(paren) => unwrapped(&paren.expr),
        other => other,
    }
}

fn vector(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let value = context.scalar(arg(args, 0)?)?;
    Ok(Value::Vector(vec![Sample { labels: Labels::default(), value }]))
}

/// The value of the one series, NaN for none or several.
fn scalar(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let samples = context.vector(arg(args, 0)?)?;
    Ok(Value::Scalar(if let [only] = samples.as_slice() { only.value } else { f64::NAN }))
}

fn clamp(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let (min, max) = (context.scalar(arg(args, 1)?)?, context.scalar(arg(args, 2)?)?);
    let samples = if max < min { Vec::new() } else { context.vector(arg(args, 0)?)? };
    distinct(each(samples, |value| greater(min, lesser(max, value))))
}

fn clamp_min(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let min = context.scalar(arg(args, 1)?)?;
    distinct(each(context.vector(arg(args, 0)?)?, |value| greater(min, value)))
}

fn clamp_max(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let max = context.scalar(arg(args, 1)?)?;
    distinct(each(context.vector(arg(args, 0)?)?, |value| lesser(max, value)))
}

/// The greater number; unlike `f64::max`, NaN if either is.
fn greater(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

/// The lesser number; NaN if either is.
fn lesser(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

/// To the nearest multiple of the second argument, halves upwards.
fn round(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let to = if args.len() > 1 { context.scalar(arg(args, 1)?)? } else { 1.0 };
    // The reciprocal, as the reference does it: dividing by 0.1 is less exact than multiplying by 10.
    let inverse = 1.0 / to;
    distinct(each(context.vector(arg(args, 0)?)?, |value| (value * inverse + 0.5).floor() / inverse))
}

/// One series with the value 1 if the argument has none, labelled with what its selector asks for by `=`.
fn absent(context: &Evaluator<'_>, args: &[Box<Expr>]) -> Result<Value, Error> {
    let expr = arg(args, 0)?;
    let none = match context.eval(expr)? {
        Value::Matrix(series) => series.is_empty(),
        other => other.vector()?.is_empty(),
    };
    let labels = match unwrapped(expr) {
        Expr::VectorSelector(wanted) => asked_for(wanted),
        Expr::MatrixSelector(wanted) => asked_for(&wanted.vs),
        _ => Labels::default(),
    };
    Ok(Value::Vector(if none { vec![Sample { labels, value: 1.0 }] } else { Vec::new() }))
}

fn asked_for(wanted: &VectorSelector) -> Labels {
    let matchers = &wanted.matchers.matchers;
    let once = |name: &str| matchers.iter().filter(|matcher| matcher.name == name).count() == 1;
    let equal = matchers.iter().filter(|matcher| matches!(matcher.op, MatchOp::Equal) && once(&matcher.name));
    equal.fold(Labels::default(), |labels, matcher| labels.with(&matcher.name, &matcher.value)).without_name()
}
