//! Mail in: sources, the planner, and the worker that carries the plan out.

pub mod endpoint;
pub mod fake;
pub mod imap;
pub mod maildir;
pub mod mutf7;
pub mod roles;
pub mod source;
