//! `./dev stack`: the servers that other tests have beside them are found, killed, brought back and taken away.
//!
//! PostgreSQL stands for all four, which differ in what is run and how it is asked, not in how it is kept.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A stack in a folder of its own, which goes with this value, or the one that `./dev test` has started for all tests.
struct Stack {
    folder: PathBuf,
    own: Option<TempDir>,
}

impl Stack {
    /// The one for all; None where nobody has asked for servers.
    fn for_all() -> Option<Self> {
        let Some(folder) = std::env::var_os("OVR_TEST_STACK") else {
            println!("skipped: no servers are wanted; ./dev test starts them");
            return None;
        };
        Some(Self { folder: folder.into(), own: None })
    }

    fn of_its_own() -> Option<Self> {
        Self::for_all()?;
        let parent = tempfile::tempdir().unwrap();
        // PostgreSQL runs as somebody else where we are root, and has to get there.
        fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let stack = Self { folder: parent.path().join("stack"), own: Some(parent) };
        stack.done(&["up", "--only", "postgres"]);
        Some(stack)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dev");
        let mut command = Command::new(program);
        command.arg("stack").arg(arguments[0]).arg("--dir").arg(&self.folder).args(&arguments[1..]);
        command.output().unwrap()
    }

    /// What a command that must succeed prints.
    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn sql(&self, query: &str) -> String {
        self.done(&["psql", "--", "-v", "ON_ERROR_STOP=1", "-Atqc", query]).trim().to_owned()
    }

    /// The columns STATE and PORT of PostgreSQL's line.
    #[track_caller]
    fn state_and_port(&self) -> (String, u16) {
        let output = self.run(&["status"]);
        let table = String::from_utf8(output.stdout).unwrap();
        let line = table.lines().find(|line| line.starts_with("postgres ")).unwrap();
        let columns: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(output.status.success(), columns[1] == "healthy", "{line}");
        (columns[1].to_owned(), columns[3].parse().unwrap())
    }

    /// The line of the file that says which process the server is.
    fn process(&self) -> String {
        fs::read_to_string(self.folder.join("pids/postgres")).unwrap()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if self.own.is_some() {
            self.run(&["down", "--delete"]);
        }
    }
}

#[test]
fn a_killed_server_comes_back_at_its_port_with_its_data() {
    let Some(stack) = Stack::of_its_own() else { return };
    let (state, port) = stack.state_and_port();
    assert_eq!(state, "healthy");
    stack.sql("create table reads as select 'B-AB 1234' as plate");
    for _ in 0..2 {
        stack.done(&["kill", "postgres"]);
        assert_eq!(stack.state_and_port(), ("gone".to_owned(), port));
        stack.done(&["start", "postgres"]);
        assert_eq!(stack.state_and_port(), ("healthy".to_owned(), port));
        assert_eq!(stack.sql("select plate from reads"), "B-AB 1234");
    }
}

#[test]
fn a_second_up_changes_nothing_and_down_leaves_nothing() {
    let Some(stack) = Stack::of_its_own() else { return };
    let (process, exports) = (stack.process(), fs::read_to_string(stack.folder.join("env")).unwrap());
    assert_eq!(stack.done(&["up", "--only", "postgres"]), exports);
    assert_eq!(stack.process(), process);

    stack.done(&["down"]);
    let pid = process.split(' ').next().unwrap();
    let remains = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    assert!(remains.is_empty() || remains.contains(") Z "), "{remains}");
    assert_eq!(stack.state_and_port().0, "gone");
    assert!(!stack.folder.join("env").exists());

    stack.done(&["down", "--delete"]);
    assert!(!stack.folder.exists());
    stack.done(&["down", "--delete"]);
}

#[test]
fn a_process_id_that_belongs_to_somebody_else_now_is_left_alone() {
    let Some(stack) = Stack::of_its_own() else { return };
    stack.done(&["kill", "postgres"]);
    // The servers' file after a restart of the machine: the number is ours, the time of birth is not.
    fs::write(stack.folder.join("pids/postgres"), format!("{} 1\n", std::process::id())).unwrap();
    assert_eq!(stack.state_and_port().0, "gone");
    stack.done(&["kill", "postgres"]);
    stack.done(&["stop", "postgres"]);
    stack.done(&["start", "postgres"]);
    assert_eq!(stack.sql("select 1"), "1");
}

#[test]
fn a_paused_server_is_known_as_such_goes_on_and_can_be_stopped() {
    let Some(stack) = Stack::of_its_own() else { return };
    stack.done(&["pause", "postgres"]);
    assert_eq!(stack.state_and_port().0, "paused");
    stack.done(&["resume", "postgres"]);
    assert_eq!(stack.sql("select 1"), "1");
    stack.done(&["pause", "postgres"]);
    stack.done(&["stop", "postgres"]);
    assert_eq!(stack.state_and_port().0, "gone");
}

#[test]
fn only_this_machine_and_only_its_owner_can_reach_a_server() {
    let Some(stack) = Stack::for_all() else { return };
    let (_, port) = stack.state_and_port();
    let sockets =
        ["tcp", "tcp6"].map(|kind| fs::read_to_string(format!("/proc/net/{kind}")).unwrap_or_default());
    // proc(5): the local address is the second column, the state the fourth; 0A listens.
    let listening = sockets.iter().flat_map(|table| table.lines()).filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        (columns[3] == "0A" && columns[1].ends_with(&format!(":{port:04X}"))).then(|| columns[1].to_owned())
    });
    assert_eq!(
        listening.collect::<Vec<_>>(),
        [format!("{:08X}:{port:04X}", u32::from_le_bytes([127, 0, 0, 1]))]
    );

    for private in ["env", "secrets/postgres", "logs/postgres"] {
        let mode = fs::metadata(stack.folder.join(private)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{private}");
    }
}

#[test]
fn what_is_no_server_is_refused_with_what_would_be_right() {
    let Some(stack) = Stack::for_all() else { return };
    for (arguments, right) in [
        (&["kill", "postgresql"][..], "postgres kafka registry s3 are right"),
        (&["kill", "s3"][..], "./dev stack up --only s3"),
        (&["up", "--only", "postgres", "--secure"][..], "another --dir is right"),
        (&["down", "postgres", "--delete"][..], "does not take 'postgres'"),
    ] {
        let output = stack.run(arguments);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {message}");
        assert!(message.contains(right), "{right:?} is not in: {message}");
    }
}

#[test]
fn a_folder_that_is_no_stack_stays_as_it_was() {
    let Some(_) = Stack::for_all() else { return };
    let folder = tempfile::tempdir().unwrap();
    // A name that a stack has, too.
    fs::create_dir(folder.path().join("logs")).unwrap();
    let stack = Stack { folder: folder.path().to_owned(), own: None };

    let output = stack.run(&["up", "--only", "postgres"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && message.contains("a new or empty folder is right"), "{message}");
    stack.done(&["down", "--delete"]);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["logs"]);
}
