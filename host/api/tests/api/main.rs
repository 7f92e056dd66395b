//! The API as a client sees it: a real server on a free port, spoken to over plain TCP.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

mod access;
mod board;
mod cameras;
mod client;
mod fixture;
mod hostile;
mod listing;
mod live;
mod openapi;
mod pictures;
mod problems;
mod stores;
