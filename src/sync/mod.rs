//! Mail in: sources, the planner, and the worker that carries the plan out.

pub mod source;
