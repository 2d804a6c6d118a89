//! The worked example's variants, each on a local region.

mod datadog;
mod flag;
mod header;
mod other_region;
