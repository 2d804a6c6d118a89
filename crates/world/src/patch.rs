//! The three ways to change a part of an object (server-side apply is apart, in `apply`).

pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod strategic;
