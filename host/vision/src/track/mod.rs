//! Tracking by detection: ByteTrack (Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every
//! Detection Box", ECCV 2022), one tracker for each camera.
//!
//! A [`ByteTrack`] is told what the detector found on a frame that was looked at ([`ByteTrack::update`]) and may be
//! asked where everything should be on a frame that was not ([`ByteTrack::predict`]). It keeps no pixels, asks no clock
//! and draws no random numbers: the same calls always give the same tracks and ids.
//!
//! What differs from the authors' implementation, and why:
//! - A plate never associates with a vehicle, but a car may become a truck: detectors waver between the kinds of
//!   vehicle from frame to frame, and a track carries the kind that gathered the most confidence.
//! - The Kalman filter also runs for tentative tracks, so that velocity is learnt from the second detection and not
//!   from the third; small, fast plates need it.
//! - A lost track ends when its buffer is spent; in the authors' code it lingers for one frame more.
//! - IoU is that of continuous coordinates, not of pixel indices with one added to each side.
//! - An optional last association with buffered boxes ([`TrackConfig::plate_reach`]), off in [`TrackConfig::paper`].

pub mod assignment;
mod associate;
mod byte_track;
mod config;
mod kalman;
mod tracklet;

pub use byte_track::{ByteTrack, DETECTIONS_MAX, ENDED_MAX, GAP_FRAMES_MAX, TRACKS_MAX};
pub use config::TrackConfig;
