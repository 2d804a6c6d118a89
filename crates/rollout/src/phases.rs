//! The phases of a pass, one file each. They talk to each other only through the [`Plan`](crate::plan::Plan).

pub(crate) mod analysis_runs;
pub(crate) mod blue_green;
pub(crate) mod claim;
pub(crate) mod defaults;
pub(crate) mod experiments;
pub(crate) mod finished;
pub(crate) mod hand_over;
pub(crate) mod history;
pub(crate) mod metadata;
pub(crate) mod pause;
pub(crate) mod paused;
pub(crate) mod plugins;
pub(crate) mod reset;
pub(crate) mod restart;
pub(crate) mod revision;
pub(crate) mod scale;
pub(crate) mod scaling;
pub(crate) mod services;
pub(crate) mod traffic;

pub(crate) use analysis_runs::is_reusable;
pub(crate) use revision::with_type;
