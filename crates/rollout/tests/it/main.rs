//! What the state machine decides, case by case and trace by trace.

mod harness;
mod traces;
