//! A program: compiled once, run on values.

use jiff::Timestamp;

use crate::checker;
use crate::environment::Env;
use crate::error::Error;
use crate::eval;
use crate::parser;
use crate::tree::{NodeId, Tree};
use crate::value::Value;

/// A program whose names and types fit an environment.
#[derive(Clone, Debug)]
pub struct Program {
    tree: Tree,
    root: NodeId,
}

impl Program {
    /// Reads and checks a program. The type of `result` in `env` counts, its value does not.
    ///
    /// # Errors
    /// [`Stage::Compile`](crate::Stage::Compile), in Go's words.
    pub fn compile(source: &str, env: &Env) -> Result<Self, Error> {
        let (tree, root) = parser::parse(source)?;
        let tree = checker::check(tree, root, env)?;
        Ok(Self { tree, root })
    }

    /// What the program gives for this `result`, at this time.
    ///
    /// Bounded: at most 1,000,000 items and bytes made, as the reference bounds them, and 5,000,000 steps.
    ///
    /// # Errors
    /// [`Stage::Run`](crate::Stage::Run), in Go's words.
    pub fn run(&self, env: &Env, now: Timestamp) -> Result<Value, Error> {
        eval::run(&self.tree, self.root, env, now)
    }
}
