//! `check`: what is wrong with configuration, models, spool and store, and what would be right.
//!
//! Everything is opened the way `run` opens it, one part after the other, and every part gets its line: an operator
//! who mends one thing should not have to run this again to hear of the next.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ovr_capture::{SourceConfig, VideoFacts, probe_live};
use ovr_domain::time::{Clock, SystemClock};

use ovr_plugins::registry::PluginStatus;

use crate::app::board::Board;
use crate::app::models::Models;
use crate::app::plugins::PluginRoom;
use crate::app::rooms;
use crate::app::{self, Backend};
use crate::cli::Check;
use crate::config::{CameraConfig, Config, plugins_folder};
use crate::print;
use crate::state::{StateDir, is_in_use};

/// How long a network camera may take to show what it sends.
const CAMERA_DEADLINE: Duration = Duration::from_secs(8);
/// Cameras that are looked at at a time: each is decoded, and those that are away are waited for.
const CAMERAS_AT_A_TIME: usize = 8;

pub(crate) fn run(config: &Config, args: &Check) -> ExitCode {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let mut wrong = 0_u32;
    let mut line = |part: &str, outcome: Result<String, String>| match outcome {
        Ok(text) => print::out(&format!("ok     {part:<14} {text}")),
        Err(text) => {
            wrong += 1;
            print::out(&format!("WRONG  {part:<14} {text}"))
        }
    };
    line("configuration", Ok(format!("site {}, {} cameras", config.host.site, config.cameras.cameras.len())));
    line("models", models(config, &clock));
    for some in config.cameras.cameras.chunks(CAMERAS_AT_A_TIME) {
        for (camera, facts) in some.iter().zip(cameras(some, &clock)) {
            line(&format!("camera {}", camera.id), facts);
        }
    }
    let state = args.state.clone().unwrap_or_else(|| config.host.state.clone());
    let plugins = PluginRoom::of(app::plugins::look(config, plugins_folder(&config.plugins, &state)));
    for (part, failure) in plugins.checks().into_iter().filter(|(part, _)| part == "plugins") {
        if let Some(reason) = failure {
            line(&part, Err(reason));
        }
    }
    for plugin in plugins.list() {
        line(&format!("plugin {}", plugin.name), plugin_facts(plugin));
    }
    if is_in_use(&state) {
        line("state", Ok(format!("{} is in use by a running ovr-alpr: not looked into", state.display())));
    } else if state.exists() {
        line("state", backend(config, &state, &clock, &plugins));
    } else {
        line("state", Ok(format!("{} does not exist yet: the first run makes it", state.display())));
    }
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// What each camera gives, or what is wrong with it and what would be right.
fn cameras(some: &[CameraConfig], clock: &Arc<dyn Clock>) -> Vec<Result<String, String>> {
    thread::scope(|scope| {
        let looks: Vec<_> = some.iter().map(|one| scope.spawn(|| camera(one, clock))).collect();
        let died = |_| Err("looking at it failed: the program's own fault, please report it".to_owned());
        looks.into_iter().map(|look| look.join().unwrap_or_else(died)).collect()
    })
}

fn camera(camera: &CameraConfig, clock: &Arc<dyn Clock>) -> Result<String, String> {
    if let SourceConfig::Rtsp(rtsp) = &camera.source {
        let facts = probe_live(rtsp, CAMERA_DEADLINE, clock).map_err(|error| error.to_string())?;
        return Ok(video(&facts.video, Some(facts.fps_measured)));
    }
    let opened = rooms::open_camera(camera, false, clock).map_err(|refusal| refusal.to_string())?;
    Ok(opened.video().map_or_else(|| opened.name.clone(), |facts| video(facts, facts.fps)))
}

fn video(facts: &VideoFacts, fps: Option<f64>) -> String {
    let rate = fps.map_or_else(|| "varying".to_owned(), |fps| format!("{fps:.2}"));
    let codec = facts.codec.as_deref().unwrap_or("raw");
    format!("{codec}, {}x{}, {rate} frames a second", facts.width, facts.height)
}

fn models(config: &Config, clock: &Arc<dyn Clock>) -> Result<String, String> {
    let models = Models::open(config, clock).map_err(|refusal| refusal.to_string())?;
    Ok(models.facts())
}

fn plugin_facts(plugin: PluginStatus) -> Result<String, String> {
    match (plugin.problem, plugin.build) {
        (Some(problem), _) => Err(problem),
        (None, Some(build)) => {
            Ok(format!("{} {}, {} test vectors hold", build.world, build.version, build.vectors))
        }
        (None, None) => Ok("disabled in plugins.yaml".to_owned()),
    }
}

/// Spool, store, pictures, credentials and port. A first token that opening makes is not lost: it is printed.
fn backend(
    config: &Config,
    state: &std::path::Path,
    clock: &Arc<dyn Clock>,
    plugins: &PluginRoom,
) -> Result<String, String> {
    let state = StateDir::open(state, clock.as_ref()).map_err(|refusal| refusal.to_string())?;
    let mut backend = Backend::open(config, &state, clock, plugins, Arc::new(Board::default()))
        .map_err(|error| format!("{error:#}"))?;
    if let Some(token) = backend.take_new_token() {
        print::note(&format!("administrator's token, shown this once: {token}"));
    }
    if let Some(reason) = backend.store_waits_for().map(str::to_owned) {
        backend.stop().map_err(|error| format!("{error:#}"))?;
        return Err(reason);
    }
    let text = format!(
        "{}: {} accepted events wait for the store, {} dead letters, port {} is free",
        state.path.display(),
        backend.backlog(),
        backend.dead_letters().map_err(|error| error.to_string())?,
        backend.address().port()
    );
    backend.stop().map_err(|error| format!("{error:#}"))?;
    Ok(text)
}
