//! The program as a user runs it, with a configuration that can be changed under it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ovr_domain::PlateEvent;
use ovr_domain::port::EventStore as _;
use ovr_domain::query::EventQuery;
use ovr_store::sqlite::SqliteStore;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_mins(2);

/// An empty folder with a configuration.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.path().join("config")).unwrap();
        for (file, text) in files {
            place.write(file, text);
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// As editors do: another file that takes the place of the old one.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let (new, old) = (self.path().join("config/.new"), self.path().join("config").join(file));
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, old).unwrap();
    }
}

/// A process that does not outlive its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, running.
pub(crate) struct Program {
    process: Process,
    folder: PathBuf,
    log: Receiver<String>,
    events: JoinHandle<BTreeSet<String>>,
    address: String,
    token: String,
}

impl Program {
    /// Starts `run` with `args` and waits until it answers.
    pub(crate) fn start(place: &Place, args: &[&str]) -> Self {
        Self::start_while(place, args, || {})
    }

    /// The same, with something to be done once the program has read its configuration and before it works.
    pub(crate) fn start_while(place: &Place, args: &[&str], meanwhile: impl FnOnce()) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
            .args(["--log", "warn,ovr_alpr=info", "run", "--json"])
            .args(args)
            .current_dir(place.path())
            .env_remove("OVR_CONFIG")
            .env_remove("OVR_PLUGINS")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, log) = sync_channel(1 << 16);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).all(|line| send.send(line).is_ok()));
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let event_id = |line: String| {
            let event: Value = serde_json::from_str(&line).unwrap();
            event["event_id"].as_str().unwrap().to_owned()
        };
        let events = std::thread::spawn(move || stdout.lines().map_while(Result::ok).map(event_id).collect());
        let mut program = Self {
            process: Process(child),
            folder: place.path().to_owned(),
            log,
            events,
            address: String::new(),
            token: String::new(),
        };
        program.token = program.said("shown this once: ").rsplit(' ').next().map(str::to_owned).unwrap();
        meanwhile();
        let line = program.said("the API answers at http://");
        let (_, address) = line.split_once("http://").unwrap();
        program.address = address.split(';').next().map(str::to_owned).unwrap();
        program
    }

    /// The next line of the log that has these words.
    #[track_caller]
    pub(crate) fn said(&self, words: &str) -> String {
        self.said_all(&[words])
    }

    /// The same for lines that have all the words.
    #[track_caller]
    pub(crate) fn said_all(&self, words: &[&str]) -> String {
        let mut lines = Vec::new();
        loop {
            match self.log.recv_timeout(PATIENCE) {
                Ok(line) if words.iter().all(|word| line.contains(word)) => return line,
                Ok(line) => lines.push(line),
                Err(error) => panic!("{words:?} was not said ({error}), but: {lines:#?}"),
            }
        }
    }

    /// Asks for the configuration to be read at once.
    pub(crate) fn hang_up(&self) {
        kill_process(Pid::from_child(&self.process.0), Signal::HUP).unwrap();
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (address, token) = (&self.address, &self.token);
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until `/readyz` satisfies.
    #[track_caller]
    pub(crate) fn until_ready(&self, satisfies: impl Fn(&str) -> bool) -> String {
        self.until("/readyz", |answer| satisfies(answer).then(|| answer.to_owned()))
    }

    #[track_caller]
    fn until<T>(&self, path: &str, satisfied: impl Fn(&str) -> Option<T>) -> T {
        let mut last = String::new();
        for _ in 0..PATIENCE.as_millis() / 100 {
            last = self.get(path);
            if let Some(value) = satisfied(&last) {
                return value;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("{path} goes on answering {last}");
    }

    /// Values of one counter with these labels, added up.
    pub(crate) fn count(&self, name: &str, labels: &[&str]) -> u64 {
        sum(&self.get("/metrics"), name, labels)
    }

    /// Waits until the counters satisfy, which are given as a function from name and labels; all are of one moment.
    #[track_caller]
    pub(crate) fn until_counts<T>(
        &self,
        satisfied: impl Fn(&dyn Fn(&str, &[&str]) -> u64) -> Option<T>,
    ) -> T {
        self.until("/metrics", |answer| satisfied(&|name, labels| sum(answer, name, labels)))
    }

    /// Open files and threads of the process.
    pub(crate) fn files_and_threads(&self) -> (usize, usize) {
        let count =
            |what: &str| std::fs::read_dir(format!("/proc/{}/{what}", self.process.0.id())).unwrap().count();
        (count("fd"), count("task"))
    }

    /// Ends the run in order; gives the ids of all events that were announced.
    pub(crate) fn finish(mut self) -> BTreeSet<String> {
        kill_process(Pid::from_child(&self.process.0), Signal::TERM).unwrap();
        let status = self.process.0.wait().unwrap();
        assert!(status.success(), "{status}: {:#?}", self.log.iter().collect::<Vec<_>>());
        self.events.join().unwrap()
    }

    /// Where it runs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn sum(metrics: &str, name: &str, labels: &[&str]) -> u64 {
    let of = |line: &&str| line.starts_with(name) && labels.iter().all(|label| line.contains(label));
    let value = |line: &str| line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok());
    metrics.lines().filter(of).filter_map(value).sum::<f64>() as u64
}

/// Every event in the store of a run that has ended.
pub(crate) fn stored(folder: &Path) -> Vec<PlateEvent> {
    let install = std::fs::read_to_string(folder.join("state/install-id")).unwrap();
    let store = SqliteStore::open(&folder.join("state/events.db"), install.trim().parse().unwrap()).unwrap();
    let query = EventQuery { with_suppressed: true, with_unread: true, limit: 500, ..EventQuery::default() };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(store.search(&query)).unwrap().events
}
