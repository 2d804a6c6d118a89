//! The rating API edge service binary.

fn main() {}
