//! From plate reads to durable events: assemble, dedup, spool, Avro, bus, evidence upload.
