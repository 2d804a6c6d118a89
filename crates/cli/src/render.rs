//! From models to text.

pub(crate) mod duration;
pub(crate) mod header;
pub(crate) mod icon;
pub(crate) mod number;
mod paint;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod tree;

pub use paint::Paint;
