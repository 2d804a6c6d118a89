//! Bitwise functions on integers.

use super::{Builtin, Call, Check, Given, Sort};
use crate::value::Value;

const TWO: Check = Check::Signatures(&[(&[Sort::Int, Sort::Int], Sort::Int)]);

pub(super) const TABLE: &[Builtin] = &[
    Builtin { name: "bitand", check: TWO, run: |call| two(call, "bitand", |x, y| Ok(x & y)) },
    Builtin { name: "bitor", check: TWO, run: |call| two(call, "bitor", |x, y| Ok(x | y)) },
    Builtin { name: "bitxor", check: TWO, run: |call| two(call, "bitxor", |x, y| Ok(x ^ y)) },
    Builtin { name: "bitnand", check: TWO, run: |call| two(call, "bitnand", |x, y| Ok(x & !y)) },
    Builtin {
        name: "bitshl",
        check: TWO,
        run: |call| two(call, "bitshl", |x, y| shift(x, y, |x, n| x << n, 0)),
    },
    Builtin {
        name: "bitshr",
        check: TWO,
        run: |call| two(call, "bitshr", |x, y| shift(x, y, |x, n| x >> n, if x < 0 { -1 } else { 0 })),
    },
    Builtin {
        name: "bitushr",
        check: TWO,
        run: |call| two(call, "bitushr", |x, y| shift(x, y, |x, n| (x as u64 >> n) as i64, 0)),
    },
    Builtin {
        name: "bitnot",
        check: Check::Signatures(&[(&[Sort::Int], Sort::Int)]),
        run: |call| Ok(Value::Int(!integer(call.argument(0), "bitnot")?)),
    },
];

fn integer(value: &Value, name: &str) -> Result<i64, String> {
    value
        .as_int()
        .ok_or_else(|| format!("cannot use {} as argument (type int) to call {name}", value.go_type()))
}

fn two(call: &Call<'_>, name: &str, of: fn(i64, i64) -> Result<i64, String>) -> Given {
    let (x, y) = (integer(call.argument(0), name)?, integer(call.argument(1), name)?);
    of(x, y).map(Value::Int)
}

/// `far` is what remains when all bits are shifted out.
fn shift(x: i64, by: i64, within: fn(i64, u32) -> i64, far: i64) -> Result<i64, String> {
    match u32::try_from(by) {
        _ if by < 0 => Err(format!("invalid operation: negative shift count {by} (type int)")),
        Ok(by) if by < 64 => Ok(within(x, by)),
        _ => Ok(far),
    }
}
