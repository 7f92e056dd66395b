//! The list of metrics: every counter, gauge and histogram of the program, by name, unit and labels.
//!
//! Prefix `ovr_`, base units, `_total` on counters. Labels are only site, camera, decoder, stage, outcome, model, provider
//! and plugin (with the version, digest and world of its build): never a plate, a track or an event.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::time::Duration;

use crate::camera::{CameraHealth, HealthWarning};
use crate::ids::CameraId;

/// Describes every metric to the recorder that is installed.
pub fn describe() {
    describe_counter!(
        "ovr_frames_total",
        "Frames by camera and outcome (decoded, dropped, passed_over, still, looked_at, failed)"
    );
    describe_counter!("ovr_reads_total", "Plate crops read, by camera");
    describe_counter!("ovr_events_total", "Events by camera and lifecycle or decision");
    describe_counter!(
        "ovr_tracks_total",
        "Tracks that ended, by camera and outcome (reported, joined, no_plate, evicted)"
    );
    describe_counter!("ovr_evidence_total", "Pictures by outcome (stored, shed, failed)");
    describe_counter!("ovr_spool_records_total", "Spool records by outcome (accepted, refused, corrupt)");
    describe_counter!("ovr_consumed_total", "Bus records by outcome (stored, dead_letter)");
    describe_counter!("ovr_http_requests_total", "API requests by outcome (status code)");
    describe_counter!(
        "ovr_config_reloads_total",
        "Changes of the configuration by outcome (applied, rejected, unchanged)"
    );
    describe_gauge!("ovr_spool_backlog_records", "Accepted records that are not in the store yet");
    describe_counter!("ovr_inference_runs_total", "Runs of a network, by model");
    describe_counter!(
        "ovr_inference_requests_total",
        "What cameras have asked of a network, by model: by as much more than runs as one run has served several"
    );
    describe_gauge!("ovr_inference_provider", "1 for the execution provider that runs a model");
    describe_gauge!("ovr_evidence_bytes", "Bytes of pictures on disk");
    describe_histogram!(
        "ovr_stage_seconds",
        "Time of one stage (frame, detect, track, read, assemble, evidence, spool, store) for one frame or batch"
    );
    describe_histogram!("ovr_accept_seconds", "From receiving the deciding frame to the accepted event");
    describe_cameras();
    describe_plugins();
}

fn describe_cameras() {
    describe_gauge!("ovr_camera_frames_per_second", "Frames a second over the last seconds, by camera");
    describe_gauge!(
        "ovr_camera_looks_per_second",
        "Looks of the detector a second over the last seconds, by camera"
    );
    describe_gauge!(
        "ovr_camera_look_every",
        "Of the looks that are due each so many-th is taken: 1, and more while the networks cannot keep up, by camera"
    );
    describe_gauge!(
        "ovr_camera_decode_seconds",
        "Median time of a picture in the decoder of a network camera, by camera"
    );
    describe_gauge!("ovr_camera_plates_last_hour", "Plates read in the last hour, by camera");
    describe_gauge!(
        "ovr_camera_plate_width_pixels",
        "Median width of the last plates that were read, by camera"
    );
    describe_gauge!("ovr_camera_sharpness", "Median sharpness of the last plates that were read, by camera");
    describe_gauge!("ovr_camera_exposure_ratio", "Median luma of the last pictures, 0 to 1, by camera");
    describe_gauge!(
        "ovr_camera_warning",
        "1 while a camera's picture asks for a technician, by camera and outcome (moved, covered, dark, overexposed, \
         blurred, fewer_reads, plates_small)"
    );
    describe_gauge!(
        "ovr_camera_up",
        "1 while frames of a network camera come, by camera; no number once it is no more"
    );
    describe_counter!(
        "ovr_camera_reconnects_total",
        "Connections to a network camera that gave frames, but for the first, by camera"
    );
    describe_counter!(
        "ovr_camera_stalls_total",
        "Connections that ended because no frame came or the picture stood still, by camera"
    );
    describe_gauge!(
        "ovr_decoder",
        "1 for the element that decodes a network camera's pictures: camera, decoder"
    );
}

fn describe_plugins() {
    describe_counter!(
        "ovr_plugin_calls_total",
        "Calls by plugin and outcome (ok, quarantined, deadline, memory, trap, output, self-test, host)"
    );
    describe_counter!(
        "ovr_plugin_loads_total",
        "Plugin files by plugin and outcome (loaded, refused, unloaded)"
    );
    describe_gauge!("ovr_plugin_quarantined", "1 while a plugin is left alone because it kept failing");
    describe_gauge!("ovr_plugin_info", "1 for the build of a plugin that is asked: version, digest, world");
    describe_histogram!("ovr_plugin_call_seconds", "Time of one call into a plugin");
    describe_counter!(
        "ovr_plugin_log_lines_dropped_total",
        "Lines of a plugin's log that were dropped because it logs too many in a second, by plugin"
    );
}

/// A frame of `camera`; `outcome` is `decoded`, and then `dropped` (the queue was full), `passed_over` (looks were not
/// due), `still` (nothing moved and nothing was followed), `looked_at` or `failed` (a network gave an error).
pub fn frame(camera: &CameraId, outcome: &'static str) {
    counter!("ovr_frames_total", "camera" => camera.to_string(), "outcome" => outcome).increment(1);
}

/// How well a camera sees, and its frames a second.
pub fn camera_health(camera: &CameraId, fps: f32, health: &CameraHealth) {
    let id = || camera.to_string();
    gauge!("ovr_camera_frames_per_second", "camera" => id()).set(f64::from(fps));
    gauge!("ovr_camera_looks_per_second", "camera" => id()).set(f64::from(health.looks_per_second));
    gauge!("ovr_camera_look_every", "camera" => id()).set(f64::from(health.look_every));
    if let Some(decode_ms) = health.decode_ms {
        gauge!("ovr_camera_decode_seconds", "camera" => id()).set(f64::from(decode_ms) / 1e3);
    }
    gauge!("ovr_camera_plates_last_hour", "camera" => id()).set(f64::from(health.reads_last_hour));
    if let Some(width) = health.plate_width_px {
        gauge!("ovr_camera_plate_width_pixels", "camera" => id()).set(f64::from(width));
    }
    if let Some(sharpness) = health.sharpness {
        gauge!("ovr_camera_sharpness", "camera" => id()).set(f64::from(sharpness));
    }
    if let Some(exposure) = health.exposure {
        gauge!("ovr_camera_exposure_ratio", "camera" => id()).set(f64::from(exposure));
    }
    for (warning, name) in HealthWarning::ALL {
        let holds = f64::from(u8::from(health.warnings.contains(&warning)));
        gauge!("ovr_camera_warning", "camera" => id(), "outcome" => name).set(holds);
    }
}

/// A camera gives no frames for now.
pub fn camera_without_frames(camera: &CameraId) {
    gauge!("ovr_camera_frames_per_second", "camera" => camera.to_string()).set(0.0);
    gauge!("ovr_camera_looks_per_second", "camera" => camera.to_string()).set(0.0);
}

/// A camera is no more: its gauges have no value, so that nobody is called for it.
pub fn camera_gone(camera: &CameraId) {
    let id = || camera.to_string();
    for gauge in [
        gauge!("ovr_camera_up", "camera" => id()),
        gauge!("ovr_camera_frames_per_second", "camera" => id()),
        gauge!("ovr_camera_looks_per_second", "camera" => id()),
        gauge!("ovr_camera_look_every", "camera" => id()),
        gauge!("ovr_camera_decode_seconds", "camera" => id()),
        gauge!("ovr_camera_plates_last_hour", "camera" => id()),
        gauge!("ovr_camera_plate_width_pixels", "camera" => id()),
        gauge!("ovr_camera_sharpness", "camera" => id()),
        gauge!("ovr_camera_exposure_ratio", "camera" => id()),
    ] {
        gauge.set(f64::NAN);
    }
    for (_, name) in HealthWarning::ALL {
        gauge!("ovr_camera_warning", "camera" => id(), "outcome" => name).set(f64::NAN);
    }
}

/// Whether frames of a network camera come.
pub fn camera_up(camera: &CameraId, is_up: bool) {
    gauge!("ovr_camera_up", "camera" => camera.to_string()).set(f64::from(u8::from(is_up)));
}

/// A network camera gave frames again on another connection.
pub fn camera_reconnect(camera: &CameraId) {
    counter!("ovr_camera_reconnects_total", "camera" => camera.to_string()).increment(1);
}

/// A connection to a network camera ended because no frame came or the picture stood still.
pub fn camera_stall(camera: &CameraId) {
    counter!("ovr_camera_stalls_total", "camera" => camera.to_string()).increment(1);
}

/// Whether the element `decoder` decodes a network camera's pictures.
pub fn camera_decoder(camera: &CameraId, decoder: &str, is_used: bool) {
    gauge!("ovr_decoder", "camera" => camera.to_string(), "decoder" => decoder.to_owned())
        .set(f64::from(u8::from(is_used)));
}

/// Crops of `camera` that were read.
pub fn reads(camera: &CameraId, count: u64) {
    counter!("ovr_reads_total", "camera" => camera.to_string()).increment(count);
}

/// An event of `camera`; `outcome` is `new`, `update`, `final`, `unread` or `suppressed`.
pub fn event(camera: &CameraId, outcome: &'static str) {
    counter!("ovr_events_total", "camera" => camera.to_string(), "outcome" => outcome).increment(1);
}

/// A track of `camera` that ended; `outcome` is `reported`, `joined` (a part of another
/// track's plate), `no_plate` (it never looked like one) or `evicted` (ended early because there were too many).
pub fn track(camera: &CameraId, outcome: &'static str) {
    counter!("ovr_tracks_total", "camera" => camera.to_string(), "outcome" => outcome).increment(1);
}

/// A picture; `outcome` is `stored`, `shed` or `failed`.
pub fn evidence(outcome: &'static str) {
    counter!("ovr_evidence_total", "outcome" => outcome).increment(1);
}

/// Bytes of pictures on disk.
pub fn evidence_bytes(bytes: u64) {
    gauge!("ovr_evidence_bytes").set(bytes as f64);
}

/// Spool records; `outcome` is `accepted`, `refused` or `corrupt`.
pub fn spool(outcome: &'static str, count: u64) {
    counter!("ovr_spool_records_total", "outcome" => outcome).increment(count);
}

/// Accepted records that are not in the store yet.
pub fn spool_backlog(records: u64) {
    gauge!("ovr_spool_backlog_records").set(records as f64);
}

/// Bus records; `outcome` is `stored` or `dead_letter`.
pub fn consumed(outcome: &'static str, count: u64) {
    counter!("ovr_consumed_total", "outcome" => outcome).increment(count);
}

/// An API answer with its status code.
pub fn http(status: u16) {
    counter!("ovr_http_requests_total", "outcome" => status.to_string()).increment(1);
}

/// The execution provider that runs a model.
pub fn provider(model: &str, provider: &str) {
    gauge!("ovr_inference_provider", "model" => model.to_owned(), "provider" => provider.to_owned()).set(1.0);
}

/// A run of a model that served so many cameras' requests.
pub fn inference_run(model: &str, requests: u64) {
    counter!("ovr_inference_runs_total", "model" => model.to_owned()).increment(1);
    counter!("ovr_inference_requests_total", "model" => model.to_owned()).increment(requests);
}

/// Time of one stage: `frame` (waiting for the next one), `detect`, `track`, `read`, `assemble`, `evidence`, `spool`, `store`.
pub fn stage(stage: &'static str, span: Duration) {
    histogram!("ovr_stage_seconds", "stage" => stage).record(span.as_secs_f64());
}

/// From receiving the frame that decided on an event to its acceptance by the spool.
pub fn accepted_after(span: Duration) {
    histogram!("ovr_accept_seconds").record(span.as_secs_f64());
}

/// A call into a plugin; `outcome` is `ok`, `quarantined` (it was not asked) or what kind of failure it was.
pub fn plugin_call(plugin: &str, outcome: &'static str) {
    counter!("ovr_plugin_calls_total", "plugin" => plugin.to_owned(), "outcome" => outcome).increment(1);
}

/// Time of one call into a plugin.
pub fn plugin_call_seconds(plugin: &str, span: Duration) {
    histogram!("ovr_plugin_call_seconds", "plugin" => plugin.to_owned()).record(span.as_secs_f64());
}

/// A line of a plugin's log that was dropped.
pub fn plugin_log_line_dropped(plugin: &str) {
    counter!("ovr_plugin_log_lines_dropped_total", "plugin" => plugin.to_owned()).increment(1);
}

/// A plugin's file that was looked at; `outcome` is `loaded`, `refused` or `unloaded`.
pub fn plugin_load(plugin: &str, outcome: &'static str) {
    counter!("ovr_plugin_loads_total", "plugin" => plugin.to_owned(), "outcome" => outcome).increment(1);
}

/// Whether a plugin is left alone because it kept failing.
pub fn plugin_quarantined(plugin: &str, is_quarantined: bool) {
    gauge!("ovr_plugin_quarantined", "plugin" => plugin.to_owned()).set(f64::from(u8::from(is_quarantined)));
}

/// The build of a plugin that is asked, or is no longer. `digest`: the first digits of its SHA-256.
pub fn plugin_info(plugin: &str, version: &str, digest: &str, world: &'static str, is_asked: bool) {
    gauge!(
        "ovr_plugin_info",
        "plugin" => plugin.to_owned(),
        "version" => version.to_owned(),
        "digest" => digest.to_owned(),
        "world" => world
    )
    .set(f64::from(u8::from(is_asked)));
}

/// A look at a configuration that may have changed; `outcome` is `applied`, `rejected` (it cannot be used, the one that
/// runs stays) or `unchanged`.
pub fn config_reload(outcome: &'static str) {
    counter!("ovr_config_reloads_total", "outcome" => outcome).increment(1);
}
