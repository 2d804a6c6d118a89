//! The rollout state machine: what to do next, given what is observed and the time.
//!
//! For: deciding. [`reconcile`] takes everything that one pass may look at and returns a [`Decision`], plain data
//! that an adapter carries out. The same function drives the controller, the simulator and the command line.
//!
//! Not for: reading or writing anything. There is no I/O, clock, randomness or log in here.

mod decision;
mod observed;

pub use decision::{Action, Decision, Event, EventType, PatchBody, Question, Reason};
pub use observed::{Answer, Observed, Reads, RegionsAnswer, Settings, Templates};

pub use jiff::Timestamp;
