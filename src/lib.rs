//! postdesk: a helpdesk for the terminal that needs no server of its own.

pub mod action;
pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod domain;
pub mod mail;
pub mod protocol;
pub mod runtime;
pub mod send;
pub mod store;
pub mod sync;
pub mod templates;
pub mod tui;
