//! The workspace's own tool: everything CI does is one of its commands.

fn main() {}
