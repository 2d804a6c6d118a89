//! The rating API edge service.
