//! One file a command.

pub(crate) mod bench;
pub(crate) mod cameras;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod plugins;
pub(crate) mod read;
pub(crate) mod run;
pub(crate) mod schemas;
