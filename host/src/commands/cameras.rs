//! `cameras probe` and `cameras snapshot`: what a technician needs to get a camera going and to aim it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use ovr_capture::{
    Credentials, LiveFacts, PasswordFrom, RtspConfig, Source, SourceConfig, Transport, probe_live,
};
use ovr_domain::port::FrameSource as _;
use ovr_domain::time::{Clock, SystemClock};
use ovr_domain::{CameraId, Frame};
use serde::Serialize;

use crate::app::vision::Vision;
use crate::app::{board, rooms};
use crate::cli::{CamerasCommand, CamerasProbe, CamerasSnapshot};
use crate::config::{CameraConfig, Config};
use crate::print::{self, Refusal};

/// How long a camera may take until its picture has settled, and how often it is looked whether that is over.
const PICTURE_DEADLINE: Duration = Duration::from_secs(15);
const WATCH_PERIOD: Duration = Duration::from_millis(50);
/// Pictures that are passed over first: the exposure of many cameras settles in them.
const SETTLING_FRAMES: u32 = 5;

pub(crate) fn run(config: &Config, command: &CamerasCommand) -> anyhow::Result<ExitCode> {
    match command {
        CamerasCommand::Probe(args) => probe(config, args),
        CamerasCommand::Snapshot(args) => snapshot(config, args),
    }
}

/// The camera of an id, or what ids there are.
fn configured<'a>(config: &'a Config, id: &str) -> Result<&'a CameraConfig, Refusal> {
    let cameras = &config.cameras.cameras;
    cameras.iter().find(|camera| camera.id.to_string() == id).ok_or_else(|| {
        let ids: Vec<String> = cameras.iter().map(|camera| camera.id.to_string()).collect();
        let known = if ids.is_empty() { "lists none".to_owned() } else { format!("has {}", ids.join(", ")) };
        Refusal(format!("there is no camera {id}: cameras.yaml {known}"))
    })
}

/// The network camera of an address, or one of cameras.yaml.
fn named(config: &Config, name: &str) -> Result<RtspConfig, Refusal> {
    if !name.contains("://") {
        if name.contains(['/', ':', '@']) {
            // It may hold a password, so it is not repeated.
            return Err(Refusal(
                "this is neither an address nor the id of a camera: expected rtsp://HOST/PATH or rtsps://HOST/PATH"
                    .to_owned(),
            ));
        }
        let camera = configured(config, name)?;
        return match &camera.source {
            SourceConfig::Rtsp(rtsp) => Ok(rtsp.clone()),
            _ => Err(Refusal(format!(
                "camera {} is no network camera: there is nothing to connect to",
                camera.id
            ))),
        };
    }
    let source: SourceConfig =
        name.parse().map_err(|error: ovr_capture::Error| Refusal(error.to_string()))?;
    match source {
        SourceConfig::Rtsp(rtsp) => Ok(rtsp),
        _ => Err(Refusal(format!("{name}: expected rtsp://HOST/PATH or rtsps://HOST/PATH"))),
    }
}

/// The network camera that is meant, with what the command line says otherwise.
fn meant(config: &Config, args: &CamerasProbe) -> Result<RtspConfig, Refusal> {
    let mut rtsp = named(config, &args.camera)?;
    if let (Some(user), Some(variable)) = (&args.user, &args.password_env) {
        rtsp.credentials =
            Some(Credentials { user: user.clone(), password: PasswordFrom::Environment(variable.clone()) });
    }
    if args.udp {
        rtsp.transport = Transport::Udp;
    }
    rtsp.tls.insecure |= args.insecure;
    Ok(rtsp)
}

/// What a camera sends, as JSON.
#[derive(Debug, Serialize)]
struct Answer {
    codec: Option<String>,
    decoder: Option<String>,
    width: u32,
    height: u32,
    /// Frames a second, as the stream states them and as they came.
    fps_stated: Option<f64>,
    fps_measured: f64,
    keyframe_interval_s: Option<f64>,
    bits_per_second: u64,
    transport: &'static str,
    /// Whether the camera says what time it is, and how far it is ahead of this machine.
    sender_reports: bool,
    clock_offset_s: Option<f64>,
    first_picture_after_s: f64,
}

impl From<&LiveFacts> for Answer {
    fn from(facts: &LiveFacts) -> Self {
        Self {
            codec: facts.video.codec.clone(),
            decoder: facts.video.decoder.clone(),
            width: facts.video.width,
            height: facts.video.height,
            fps_stated: facts.video.fps,
            fps_measured: facts.fps_measured,
            keyframe_interval_s: facts.keyframe_interval.map(|interval| interval.as_secs_f64()),
            bits_per_second: facts.bits_per_second,
            transport: match facts.transport {
                Transport::Tcp => "tcp",
                Transport::Udp => "udp",
            },
            sender_reports: facts.sender_reports,
            clock_offset_s: facts.clock_offset_us.map(|offset| offset as f64 / 1e6),
            first_picture_after_s: facts.first_picture_after.as_secs_f64(),
        }
    }
}

impl Answer {
    fn lines(&self) -> Vec<String> {
        let unknown = || "not known".to_owned();
        let stated = self.fps_stated.map(|fps| format!(", {fps:.2} stated")).unwrap_or_default();
        let clock = match (self.sender_reports, self.clock_offset_s) {
            (false, _) => {
                "the camera does not say what time it is: frames get the time at which they arrive".to_owned()
            }
            (true, Some(offset)) => format!("{offset:+.2} s to this machine's, by its sender reports"),
            (true, None) => "sender reports, but none that a picture could be compared with".to_owned(),
        };
        let keyframes = self.keyframe_interval_s.map_or_else(unknown, |span| format!("every {span:.1} s"));
        [
            ("codec", self.codec.clone().unwrap_or_else(unknown)),
            ("decoder", self.decoder.clone().unwrap_or_else(unknown)),
            ("size", format!("{}x{}", self.width, self.height)),
            ("frames/s", format!("{:.2} seen{stated}", self.fps_measured)),
            ("keyframes", keyframes),
            ("bit rate", format!("{:.0} kbit/s", self.bits_per_second as f64 / 1e3)),
            ("transport", self.transport.to_owned()),
            ("clock", clock),
            ("first picture", format!("after {:.1} s", self.first_picture_after_s)),
        ]
        .map(|(name, value)| format!("{name:<14} {value}"))
        .to_vec()
    }
}

fn probe(config: &Config, args: &CamerasProbe) -> anyhow::Result<ExitCode> {
    let rtsp = meant(config, args)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let deadline = Duration::from_secs(args.deadline_s);
    let facts = probe_live(&rtsp, deadline, &clock).map_err(|error| Refusal(error.to_string()))?;
    let answer = Answer::from(&facts);
    if args.json {
        print::out(&serde_json::to_string(&answer).context("writing the answer")?);
    } else {
        for line in answer.lines() {
            print::out(&line);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn snapshot(config: &Config, args: &CamerasSnapshot) -> anyhow::Result<ExitCode> {
    let camera = configured(config, &args.camera)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    // What is wrong with the models is said before anybody waits for a camera.
    let vision = if args.plain { None } else { Some(Vision::open(config, &clock).map_err(Refusal::from)?) };
    let opened = rooms::open_camera(camera, false, &clock)?;
    let (view, source) = (opened.view, opened.source);
    let frame = settled_frame(&camera.id, source)?;
    let (width, height) = (frame.picture.width(), frame.picture.height());
    let mut found = vision.map(|vision| vision.session().detect(&frame.picture)).transpose()?;
    // What is fainter only helps to follow what was found before: it is no find.
    let clear = config.tracking.tracker.high_threshold;
    if let Some(found) = &mut found {
        found.retain(|thing| thing.confidence >= clear);
    }
    let drawn_view = found.is_some().then_some(&view);
    let jpeg = board::drawn(frame, drawn_view, found.as_deref().unwrap_or_default(), args.side_px_max)?;
    let file = args.out.clone().unwrap_or_else(|| format!("{}.jpg", camera.id).into());
    write(&file, &jpeg)?;
    let seen = found.map(|found| {
        let seen = found.iter().filter(|thing| view.admits(thing, width, height)).count();
        format!(", {} found, {seen} of them where it looks", found.len())
    });
    let seen = seen.unwrap_or_default();
    print::out(&format!("{}: the camera gives {width}x{height}{seen}", file.display()));
    Ok(ExitCode::SUCCESS)
}

fn write(file: &Path, jpeg: &[u8]) -> Result<(), Refusal> {
    std::fs::write(file, jpeg)
        .map_err(|error| Refusal(format!("{}: cannot write the picture: {error}", file.display())))
}

/// A picture of a camera whose exposure has had a moment to settle, or the last one that came in time.
fn settled_frame(camera: &CameraId, mut source: Source) -> anyhow::Result<Frame> {
    let link = source.link();
    let watch = link.clone().map(|link| {
        // A camera that never answers, or gives one picture and no more, would be tried for ever.
        std::thread::spawn(move || {
            for _ in 0..PICTURE_DEADLINE.as_millis() / WATCH_PERIOD.as_millis() {
                if link.is_stopped() {
                    return;
                }
                std::thread::sleep(WATCH_PERIOD);
            }
            link.stop();
        })
    });
    let mut newest = None;
    for _ in 0..=SETTLING_FRAMES {
        let Some(frame) = source.next_frame().map_err(Refusal::from)? else { break };
        newest = Some(frame);
    }
    let fault = link.as_ref().and_then(|link| link.state().fault);
    if let (Some(link), Some(watch)) = (link, watch) {
        link.stop();
        let _ = watch.join();
    }
    newest.ok_or_else(|| {
        let seconds = PICTURE_DEADLINE.as_secs();
        let reason = fault.map_or_else(
            || format!("it gave no picture within {seconds} s: `cameras probe {camera}` may say more"),
            |fault| fault.to_string(),
        );
        Refusal(format!("camera {camera}: {reason}")).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(camera: &str) -> CamerasProbe {
        CamerasProbe {
            camera: camera.to_owned(),
            user: None,
            password_env: None,
            udp: false,
            insecure: false,
            deadline_s: 5,
            json: false,
        }
    }

    #[test]
    fn an_address_or_the_id_of_a_network_camera_is_meant_and_nothing_else() {
        let mut config = Config::default();
        let named = ["rtsp://10.0.0.9/a", "gate.mp4"].map(|text| text.parse::<SourceConfig>().unwrap());
        for (id, source) in ["gate", "film"].into_iter().zip(named) {
            config.cameras.cameras.push(CameraConfig::of_source((CameraId::new(id).unwrap(), source)));
        }
        let wanted = CamerasProbe {
            user: Some("ovr".to_owned()),
            password_env: Some("SECRET".to_owned()),
            udp: true,
            ..args("rtsp://10.0.0.8/b")
        };
        let rtsp = meant(&config, &wanted).unwrap();
        assert_eq!(rtsp.credentials.map(|credentials| credentials.user).as_deref(), Some("ovr"));
        assert_eq!(rtsp.transport, Transport::Udp);
        let gate = meant(&config, &args("gate")).unwrap();
        assert_eq!(
            (gate.address.to_string().as_str(), gate.transport),
            ("rtsp://10.0.0.9/a", Transport::Tcp)
        );
        let over_udp = meant(&config, &CamerasProbe { udp: true, insecure: true, ..args("gate") }).unwrap();
        assert!(over_udp.transport == Transport::Udp && over_udp.tls.insecure, "{over_udp:?}");
        let refused = |camera: &str| meant(&config, &args(camera)).unwrap_err().0;
        assert!(refused("film").contains("no network camera"));
        assert_eq!(refused("yard"), "there is no camera yard: cameras.yaml has gate, film");
        assert!(refused("http://10.0.0.8/b").contains("rtsp"));
        let bare = refused("ovr:secret@10.0.0.8/b");
        assert!(bare.contains("rtsp://HOST/PATH") && !bare.contains("secret"), "{bare}");
        assert!(!refused("rtsp://ovr:secret@10.0.0.8/b").contains("secret"));
    }
}
