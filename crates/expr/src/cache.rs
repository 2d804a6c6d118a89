//! Programs that were compiled before.
//!
//! A metric is judged by the same condition at every measurement. What a program is depends on its text and on the type
//! of `result` alone, so a thread may keep what it has compiled: nobody can tell, except by the time it takes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::environment::Env;
use crate::error::Error;
use crate::program::Program;
use crate::types::Type;

/// How many texts a thread keeps; then it begins anew.
const KEPT: usize = 256;
/// Longer texts are not kept, in bytes.
const LONGEST: usize = 2_048;

/// The programs of one text, by the type of `result`; `None` where there is no `result`.
type OfText = Vec<(Option<Type>, Rc<Program>)>;

thread_local! {
    static PROGRAMS: RefCell<BTreeMap<Box<str>, OfText>> = const { RefCell::new(BTreeMap::new()) };
}

/// [`Program::compile`], or what it gave before.
pub(crate) fn compile(source: &str, env: &Env) -> Result<Rc<Program>, Error> {
    if source.len() > LONGEST {
        return Program::compile(source, env).map(Rc::new);
    }
    let of = env.result().map(Type::of);
    if let Some(program) = known(source, of.as_ref()) {
        return Ok(program);
    }
    let program = Rc::new(Program::compile(source, env)?);
    PROGRAMS.with_borrow_mut(|programs| {
        if programs.len() >= KEPT {
            programs.clear();
        }
        programs.entry(source.into()).or_default().push((of, Rc::clone(&program)));
    });
    Ok(program)
}

fn known(source: &str, of: Option<&Type>) -> Option<Rc<Program>> {
    PROGRAMS.with_borrow(|programs| {
        let found = programs.get(source)?.iter().find(|(known, _)| known.as_ref() == of);
        found.map(|(_, program)| Rc::clone(program))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn a_program_is_compiled_once_for_each_type_of_result() {
        let compile = |result| compile("result == 1", &Env::of_result(result)).unwrap();
        let (one, same, other) = (compile(Value::Int(1)), compile(Value::Int(2)), compile(Value::Float(1.0)));
        assert!(Rc::ptr_eq(&one, &same));
        assert!(!Rc::ptr_eq(&one, &other));
        assert!(super::compile("result == 1", &Env::of_time()).is_err(), "there is no result");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let env = Env::of_result(Value::Int(1));
        for number in 0..2 * KEPT {
            compile(&format!("result == {number}"), &env).unwrap();
        }
        let long = format!("result == {:>LONGEST$}", 1);
        let [one, other] = [(); 2].map(|()| compile(&long, &env).unwrap());
        assert!(!Rc::ptr_eq(&one, &other));
        PROGRAMS.with_borrow(|programs| assert!(programs.len() <= KEPT, "{}", programs.len()));
    }
}
