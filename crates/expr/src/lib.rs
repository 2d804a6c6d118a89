//! The expression language of `successCondition` and `failureCondition`.
//!
//! For: judging what a metric provider has read, with the answers and the error messages of the engine that users'
//! conditions were written for (Go's expr-lang, 1.17.8), and the times of range queries. A program is checked against
//! the type of `result` before it runs, because that decides between a failed and an erroneous measurement.
//!
//! Not for: general scripting. A run is bounded in time, memory and stack, whatever the program.
//!
//! ```
//! use aviary_expr::{Timestamp, Value, Verdict, judge};
//!
//! let rates = Value::floats([0.01, 0.04]);
//! let now = Timestamp::UNIX_EPOCH;
//! assert_eq!(judge(&rates, "all(result, # < 0.05)", "", now), Verdict::Successful);
//! assert_eq!(judge(&rates, "max(result) < 0.03", "", now), Verdict::Failed);
//! let Verdict::Error(why) = judge(&rates, "result > 0", "", now) else { unreachable!() };
//! assert_eq!(why.message, "invalid operation: > (mismatched types []float64 and int)");
//! ```

mod budget;
mod builtins;
mod cache;
mod checker;
mod condition;
mod environment;
mod error;
mod eval;
mod go_text;
mod lexer;
mod number;
mod operate;
mod operator;
mod parser;
mod program;
mod regex;
mod sort;
mod time;
mod token;
mod tree;
mod types;
mod unescape;
mod value;

pub use condition::{ConditionError, Verdict, Which, judge, time};
pub use environment::Env;
pub use error::{Error, Stage};
pub use program::Program;
pub use regex::{Pattern, PatternError};
pub use value::{
    CLOUDWATCH_MESSAGE, CLOUDWATCH_RESULT, FieldType, Key, List, ListKind, Map, MapKind, Named, Record,
    RecordType, Time, Value, Zone,
};

pub use jiff::Timestamp;
