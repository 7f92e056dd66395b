//! The program, running with everything logged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::Value;

use crate::{DEADLINE, PASSWORD};

/// Lines that wait until a test asks for them; then the program does, too.
const LINES_MAX: usize = 1 << 20;

/// A program that runs with everything logged, and what it says.
pub(crate) struct Program {
    pub(crate) child: Child,
    events: Receiver<Value>,
    notes: Receiver<String>,
    said: Vec<String>,
    heard: Vec<Value>,
}

impl Program {
    pub(crate) fn start(folder: &Path, log: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ovr-alpr"))
            .args(["run", "--json", "--log", log])
            .current_dir(folder)
            .env("GATE_PASSWORD", PASSWORD)
            .env("GST_DEBUG", "9")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (event, events) = sync_channel(LINES_MAX);
        let (note, notes) = sync_channel(LINES_MAX);
        let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let _ = event.send(serde_json::from_str(&line).unwrap());
            }
        });
        std::thread::spawn(move || {
            for line in BufReader::new(err).lines().map_while(Result::ok) {
                let _ = note.send(line);
            }
        });
        Self { child, events, notes, said: Vec::new(), heard: Vec::new() }
    }

    /// The rest of the first line that begins with `head`.
    pub(crate) fn told(&mut self, head: &str) -> String {
        loop {
            let line = self.notes.recv_timeout(DEADLINE).unwrap();
            self.said.push(line.clone());
            if let Some(rest) = line.strip_prefix(head) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Where the API answers, and a token for it.
    pub(crate) fn api(&mut self) -> (String, String) {
        let token = self.told("administrator's token, shown this once:");
        let served = self.told("the API answers at http://");
        (served.split(';').next().unwrap().to_owned(), token)
    }

    /// What was reported so far.
    pub(crate) fn events(&mut self) -> &[Value] {
        self.heard.extend(self.events.try_iter());
        &self.heard
    }

    /// The plates that each camera has reported so far.
    pub(crate) fn plates(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        let mut plates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for event in self.events() {
            if let Some(plate) = event["plate_normalized"].as_str() {
                plates
                    .entry(event["camera_id"].as_str().unwrap().to_owned())
                    .or_default()
                    .insert(plate.to_owned());
            }
        }
        plates
    }

    pub(crate) fn end(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        self.said.extend(self.notes.iter());
        self.said
    }
}
