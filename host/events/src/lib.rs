//! From plate reads to durable events: assemble, dedup, spool, Avro, bus, evidence upload.

pub mod assemble;
pub mod avro;
pub mod bus;
pub mod dedup;
pub mod evidence;
pub mod fuse;
pub mod publish;
pub mod spool;
