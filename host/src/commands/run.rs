//! `run`: cameras or files to events, until a signal or the end of the sources.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use ovr_domain::PlateEvent;
use ovr_domain::event::{DedupDecision, Lifecycle, Verdict};

use crate::app::{App, Listener, RunOptions, Summary};
use crate::cli::Run;
use crate::config::{CameraConfig, Config};
use crate::print::{self, Printer, Refusal, WhenSlow};
use crate::reload::Origin;

/// `folder` is the one that the configuration was read from, when one was named.
pub(crate) fn run(config: Config, folder: Option<&Path>, args: &Run) -> anyhow::Result<ExitCode> {
    let cameras = cameras(&config, &args.source)?;
    let state = args.state.clone().unwrap_or_else(|| config.host.state.clone());
    let folder = Config::folder(folder).map_err(Refusal::from)?;
    let origin = Some(Origin { folder, cameras_fixed: !args.source.is_empty() });
    let options = RunOptions { cameras, state, realtime: args.realtime, origin };
    let mut app = App::build(config, &options)?;
    if let Some(token) = app.new_token() {
        print::note(&format!("administrator's token, shown this once: {token}"));
    }
    let address = app.address();
    let printer = Printer::start().context("starting the thread that prints")?;
    let when_slow = if args.exit_at_end && !args.realtime { WhenSlow::Wait } else { WhenSlow::LeaveOut };
    let running = app.start(listener(printer.line(when_slow), args.json))?;
    let woken = if args.exit_at_end {
        running.wait_for_sources()
    } else {
        print::note(&format!("the API answers at http://{address}; Ctrl-C ends"));
        running.wait_for_signal()
    };
    let (summary, serving) = running.settle(woken);
    serving.stop()?;
    printer.finish();
    finish(&summary, args.exit_at_end)
}

/// The sources of the command line, else the cameras of the configuration.
fn cameras(config: &Config, named: &[String]) -> Result<Vec<CameraConfig>, Refusal> {
    if !named.is_empty() {
        return crate::app::rooms::cameras_named(named);
    }
    let cameras = config.cameras.cameras.clone();
    if cameras.is_empty() {
        let text = "there is no camera: list cameras in cameras.yaml, or name a video with --source FILE";
        return Err(Refusal(text.to_owned()));
    }
    Ok(cameras)
}

/// Prints every accepted event.
fn listener(mut print: impl FnMut(String) + Send + 'static, json: bool) -> Listener {
    Box::new(move |event| {
        let line =
            if json { serde_json::to_string(event).unwrap_or_default() } else { line_for_people(event) };
        print(line);
    })
}

/// `08:15:00.1  gate-1  new    B AB 123   97 %  of 5 reads  DE Berlin  approaching`
pub(crate) fn line_for_people(event: &PlateEvent) -> String {
    let time = event.captured_at.to_string();
    let time = time.get(11..21).unwrap_or(&time);
    let lifecycle = match event.lifecycle {
        Lifecycle::New => "new",
        Lifecycle::Update => "update",
        Lifecycle::Final => "final",
    };
    let plate = match (&event.plate_observed, event.unread_reason) {
        (Some(plate), _) => {
            let plate = event.plate_corrected.as_ref().unwrap_or(plate);
            let share = event.confidence * 100.0;
            format!("{plate:<10} {share:3.0} %  of {} reads{}", event.votes.frames, format_for_people(event))
        }
        (None, Some(reason)) => format!("unread: {}", snake_case(&reason).replace('_', " ")),
        (None, None) => "unread".to_owned(),
    };
    let direction =
        event.direction.map(|direction| format!("  {}", snake_case(&direction))).unwrap_or_default();
    let repeat = match (event.dedup.decision, event.dedup.repeats_event_id) {
        (DedupDecision::Emit, _) => String::new(),
        (_, Some(id)) => format!("  repeats {id}"),
        (_, None) => "  repeat".to_owned(),
    };
    format!("{time}  {}  {lifecycle:<6} {plate}{direction}{repeat}", event.camera_id)
}

/// `  DE Berlin`, or what else the format check said.
fn format_for_people(event: &PlateEvent) -> String {
    match (&event.verdict, &event.country) {
        (Verdict::Valid, Some(country)) => {
            let region = event.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
            format!("  {country}{region}")
        }
        (Verdict::Invalid { .. }, _) => "  no known format".to_owned(),
        _ => String::new(),
    }
}

/// The name that an enum has in events.
fn snake_case<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Says how the run went. A source that broke is a refusal when the run was about that source.
fn finish(summary: &Summary, exit_at_end: bool) -> anyhow::Result<ExitCode> {
    if summary.accepted.refused > 0 {
        anyhow::bail!("{} events were refused, see the log", summary.accepted.refused);
    }
    anyhow::ensure!(
        summary.drained || !exit_at_end,
        "not every event is in the store: the rest stays in the spool"
    );
    let blind = summary
        .cameras
        .iter()
        .find(|camera| camera.counts.looks > 0 && camera.counts.failures >= camera.counts.looks);
    if let Some(camera) = blind {
        anyhow::bail!("camera {}: the networks failed on every look, see the log", camera.id);
    }
    let broken = summary.cameras.iter().find_map(|camera| camera.error.as_ref());
    match broken {
        Some(error) if exit_at_end => Err(Refusal::from(error.clone()).into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
