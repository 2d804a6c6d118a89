//! What every test stands on: one control plane, one controller, a namespace and a record of it for each test.

mod case;
mod gateway;
mod kinds;
mod log;
mod manifests;
mod process;
mod requests;
mod seen;
mod stand;
mod table;

pub(crate) use case::Case;
pub(crate) use kinds::Kind;
pub(crate) use log::Entry;
pub(crate) use manifests::*;
pub(crate) use process::Process;
pub(crate) use requests::Patch;
pub(crate) use seen::{Seen, deadline, hash_of, int, is_ready, text, time};
pub(crate) use stand::{Stand, definitions};
pub(crate) use table::Table;

/// One test.
#[derive(Clone, Copy)]
pub(crate) struct Test {
    /// Its path, as `cargo test` takes it for a filter.
    pub(crate) name: &'static str,
    pub(crate) run: fn(&Case<'_>),
}

/// The tests of a file, named by their functions.
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        pub(crate) const TESTS: &[$crate::harness::Test] = &[$($crate::harness::Test {
            name: concat!(module_path!(), "::", stringify!($name)),
            run: $name,
        }),+];
    };
}
pub(crate) use tests;
