//! Consume the bus into a store; keep evidence; answer queries.
