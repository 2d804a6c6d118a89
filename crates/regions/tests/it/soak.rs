//! I12 for two to five regions, whatever the network, the clocks and the controllers do.

#[path = "../../examples/soak/fleet.rs"]
mod fleet;
#[path = "../../examples/soak/run.rs"]
mod run;
#[path = "../../examples/soak/schedule.rs"]
mod schedule;

/// `cargo xtask soak` plays more.
const SCHEDULES: u64 = 2_000;

#[test]
fn i12_no_region_passes_a_gate_alone_whatever_the_network_does() {
    let promoted = run::all(0, SCHEDULES).unwrap_or_else(|broken| panic!("{broken}"));
    // The gates open, too.
    assert!(promoted > SCHEDULES / 3, "{promoted} of {SCHEDULES} releases were promoted everywhere");
}
