//! What the state machine decides, case by case and trace by trace.

#[cfg(test)]
mod analysis;
#[cfg(test)]
mod analysis_references;
#[cfg(test)]
mod analysis_retired;
#[cfg(test)]
mod blue_green;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod compare_evidence;
#[cfg(test)]
mod compare_windows;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod experiment_vectors;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod run_properties;
#[cfg(test)]
mod run_vectors;
#[cfg(test)]
mod stale_sizes;
#[cfg(test)]
mod takeover;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod traffic_verified;
#[cfg(test)]
mod validation;
#[cfg(test)]
mod vectors;
#[cfg(test)]
mod wounds;
