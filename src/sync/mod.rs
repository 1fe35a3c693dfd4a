//! Mail in: sources, the planner, and the worker that carries the plan out.

pub mod archive;
pub mod endpoint;
pub mod fake;
pub mod imap;
pub mod log;
pub mod maildir;
pub mod mirror;
pub mod mutf7;
pub mod pass;
pub mod plan;
pub mod prepare;
pub mod refusal;
pub mod roles;
pub mod settle;
pub mod slumber;
pub mod source;
pub mod transfer;
mod waker;
