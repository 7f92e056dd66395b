//! `demo`: renders a street, encodes it, runs the whole program on it, and compares what was read with what was shown.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use ovr_capture::{FileConfig, H264Writer, SourceConfig};
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, PlateEvent, Timestamp};
use ovr_testkit::scene::{FRAMES, FRAMES_PER_SECOND, SIZE};
use ovr_testkit::{Scene, Truth, Verdict, judge};

use crate::app::{App, RunOptions, Woken};
use crate::cli::Demo;
use crate::commands::run::line_for_people;
use crate::config::{CameraConfig, Config, StorePlace};
use crate::print::{self, Refusal};

/// The demo's own folder; removed when the demo ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn run(mut config: Config, args: &Demo) -> anyhow::Result<ExitCode> {
    if args.exit {
        // Nobody will ask this one, so it must not collide with one that is asked.
        config.host.api.listen.set_port(0);
    }
    let listen = config.host.api.listen;
    // Rendering takes a while: what would refuse the run afterwards is better said before.
    drop(TcpListener::bind(listen).map_err(|error| Refusal(format!("cannot listen on {listen}: {error}")))?);
    let folder = Folder(config.host.state.join(format!("demo-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0)
        .with_context(|| format!("making the folder {}", folder.0.display()))?;
    let scene = folder.0.join("street.mp4");
    let mut truth = render(&scene, args.seed)?;
    truth.started_at = first_frame_at(&scene)?;
    let source = SourceConfig::File(FileConfig { path: scene, root: None });
    // A store that others share may know the same plates from the camera of a demo a minute ago, and they would be repeats.
    let is_shared = matches!(config.host.store_place(&folder.0), Ok(StorePlace::Postgres(_)));
    let number = if is_shared { std::process::id() as usize } else { 1 };
    let options = RunOptions {
        cameras: vec![CameraConfig::of_source((CameraId::numbered("demo", number), source))],
        state: folder.0.clone(),
        realtime: false,
        origin: None,
    };
    let mut app = App::build(config, &options)?;
    let (token, address) = (app.new_token(), app.address());
    let events: Arc<Mutex<Vec<PlateEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let running = app.start(Box::new(move |event| {
        print::out(&line_for_people(event));
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }))?;
    let woken = running.wait_for_sources();
    let (_, serving) = running.settle(woken);
    if woken != Woken::Done {
        serving.stop()?;
        return Ok(ExitCode::from(1));
    }
    let verdict = judge(&truth, &events.lock().unwrap_or_else(PoisonError::into_inner));
    report(&verdict);
    if !args.exit {
        invite(&address.to_string(), token.as_deref().unwrap_or_default(), &truth);
        serving.wait_for_signal();
    }
    serving.stop()?;
    Ok(if verdict.all_right() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Draws the street into a video, and says what it shows.
fn render(file: &Path, seed: u64) -> anyhow::Result<Truth> {
    let scene = Scene::new(seed).context("setting up the scene")?;
    let truth = scene.truth().clone();
    let bar = print::progress("rendering a street", u64::from(FRAMES));
    let mut writer =
        H264Writer::create(file, SIZE.0, SIZE.1, FRAMES_PER_SECOND).context("encoding the scene")?;
    for frame in scene {
        writer.write(&frame.context("rendering the scene")?.picture).context("encoding the scene")?;
        bar.inc(1);
    }
    writer.finish().context("encoding the scene")?;
    bar.finish_and_clear();
    Ok(truth)
}

/// Capture time of the video's first frame.
fn first_frame_at(file: &Path) -> anyhow::Result<Timestamp> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let source = SourceConfig::File(FileConfig { path: file.to_owned(), root: None });
    let camera = CameraId::numbered("demo", 1);
    let mut source = ovr_capture::open(camera, &source, ovr_capture::Options::default(), clock)?;
    let first = source.next_frame()?.context("the scene has no frames")?;
    Ok(first.captured_at.at)
}

fn report(verdict: &Verdict) {
    print::out("");
    for line in &verdict.lines {
        print::out(line);
    }
    let Verdict { shown, read_right, repeats_suppressed, unread_reported, .. } = verdict;
    let judgement = if verdict.all_right() { "all as it should be" } else { "NOT as it should be" };
    print::out(&format!(
        "\n{shown} passes shown: {read_right} read right, {repeats_suppressed} repeats suppressed, \
         {unread_reported} reported unread: {judgement}"
    ));
}

fn invite(address: &str, token: &str, truth: &Truth) {
    let plate = truth.passes.iter().find(|pass| pass.readable).map_or("A", |pass| pass.plate.as_str());
    let start: String = plate.chars().take(2).collect();
    print::out(&format!(
        "\nThe API answers at http://{address} until Ctrl-C. Three things to try:\n\n\
         TOKEN={token}\n\
         curl -H \"Authorization: Bearer $TOKEN\" 'http://{address}/api/v1/events?plate={plate}'\n\
         curl -H \"Authorization: Bearer $TOKEN\" 'http://{address}/api/v1/events?plate={start}*&match=wildcard&limit=5'\n\
         curl -H \"Authorization: Bearer $TOKEN\" 'http://{address}/metrics'\n"
    ));
}
