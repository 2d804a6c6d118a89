//! Traffic routers as pure edits: live route and intent in, patch out.
