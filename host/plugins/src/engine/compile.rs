//! Compiling happens in a process of its own: how long and how much memory a compiler takes for a hostile file is nobody's
//! promise, so the process is killed when it takes too much of either.

use std::fs::File;
use std::io::{Read, Seek as _, Write};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::WorkerCommand;
use super::artefact::{self, ARTEFACT_BYTES_MAX};
use super::call::one_line;
use super::limits::{COMPONENT_BYTES_MAX, compile_config};

/// Time to compile one component; an EU pack takes 0.3 s.
const COMPILE_DEADLINE: Duration = Duration::from_secs(10);

/// How often the host looks whether the worker has ended.
const POLL: Duration = Duration::from_millis(2);

/// Address space of the worker, with all the libraries of the program; the compiler itself takes about 100 bytes of
/// memory for each byte of a component.
const WORKER_ADDRESS_SPACE_BYTES_MAX: u64 = 2 << 30;

/// Longest message of the worker, in bytes.
const MESSAGE_BYTES_MAX: u64 = 4 << 10;

/// The body of the worker process: reads a component from the standard input and writes its sealed artefact to the standard
/// output. Exit code 0; or 1 with one line on the standard error that says what is wrong with the component.
pub fn compile_worker() -> ExitCode {
    match limit_this_process().and_then(|()| compile_from_to(&mut std::io::stdin(), &mut std::io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // Nobody is left to be told when this fails.
            let _ = std::io::stderr().write_all(one_line(&reason, MESSAGE_BYTES_MAX as usize / 4).as_bytes());
            ExitCode::FAILURE
        }
    }
}

fn limit_this_process() -> Result<(), String> {
    let limits = [
        (Resource::As, WORKER_ADDRESS_SPACE_BYTES_MAX, 0),
        // The kill that follows a second later cannot be told from that of a system without memory.
        (Resource::Cpu, COMPILE_DEADLINE.as_secs(), 1),
        (Resource::Fsize, ARTEFACT_BYTES_MAX, 0),
        (Resource::Core, 0, 0),
    ];
    for (resource, most, more) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most + more) };
        setrlimit(resource, limit)
            .map_err(|error| format!("cannot limit the compiler's process: {error}"))?;
    }
    Ok(())
}

fn compile_from_to(input: &mut impl Read, output: &mut impl Write) -> Result<(), String> {
    let mut component = Vec::new();
    let read = input.take(COMPONENT_BYTES_MAX).read_to_end(&mut component);
    read.map_err(|error| format!("cannot read the component: {error}"))?;
    let engine = wasmtime::Engine::new(&compile_config()).map_err(|error| format!("{error:#}"))?;
    let code = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    let written = output.write_all(&artefact::seal(&code)).and_then(|()| output.flush());
    written.map_err(|error| format!("cannot write the artefact: {error}"))
}

/// Kills and reaps the worker when the host gives up on it for whatever reason.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail only when it has ended and was reaped already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Compiles a component in a worker: its sealed artefact, or one line that says what is wrong.
pub(crate) fn compile(component: &[u8], command: &WorkerCommand) -> Result<Vec<u8>, String> {
    compile_within(COMPILE_DEADLINE, component, command)
}

fn compile_within(deadline: Duration, component: &[u8], command: &WorkerCommand) -> Result<Vec<u8>, String> {
    let unusable = |error: std::io::Error| format!("cannot hand it to the compiler's process: {error}");
    // Files in memory instead of pipes: neither side ever waits for the other to read.
    let mut input = file_in_memory().map_err(unusable)?;
    input.write_all(component).and_then(|()| input.rewind()).map_err(unusable)?;
    let mut output = file_in_memory().map_err(unusable)?;
    let mut message = file_in_memory().map_err(unusable)?;
    let mut worker = Worker(
        Command::new(&command.program)
            .args(&command.arguments)
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output.try_clone().map_err(unusable)?))
            .stderr(Stdio::from(message.try_clone().map_err(unusable)?))
            .spawn()
            .map_err(|error| {
                format!("cannot start the compiler's process {}: {error}", command.program.display())
            })?,
    );
    let status = wait(&mut worker.0, deadline).map_err(unusable)?;
    let Some(status) = status else {
        return Err(format!("it takes longer than {} s to compile", COMPILE_DEADLINE.as_secs()));
    };
    if !status.success() {
        return Err(failure(status, &read_back(&mut message, MESSAGE_BYTES_MAX).map_err(unusable)?));
    }
    let sealed = read_back(&mut output, ARTEFACT_BYTES_MAX).map_err(unusable)?;
    match artefact::open(&sealed) {
        Some(_) => Ok(sealed),
        None => Err(format!("the compiler's process {} gave no artefact", command.program.display())),
    }
}

fn file_in_memory() -> std::io::Result<File> {
    Ok(File::from(memfd_create("ovr-plugin", MemfdFlags::CLOEXEC)?))
}

fn read_back(file: &mut File, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(bytes_max).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How the worker ended; nothing when its time is up.
fn wait(worker: &mut Child, deadline: Duration) -> std::io::Result<Option<ExitStatus>> {
    let polls = deadline.as_millis() / POLL.as_millis();
    for _ in 0..polls {
        if let Some(status) = worker.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(POLL);
    }
    Ok(None)
}

fn failure(status: ExitStatus, message: &[u8]) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    let said = String::from_utf8_lossy(message);
    // An allocation that fails ends the process with SIGABRT, the processor's time with SIGXCPU, too large an output
    // with SIGXFSZ; SIGKILL comes from a system that has run out of memory.
    match status.signal() {
        None if status.code() == Some(1) => format!("it does not compile: {}", said.trim()),
        Some(6) => "it takes more than 2 GiB of memory to compile".to_owned(),
        Some(24) => format!("it takes longer than {} s to compile", COMPILE_DEADLINE.as_secs()),
        Some(9) => "the system killed the compiler's process: the machine has no memory left".to_owned(),
        Some(25) => "its machine code is larger than 64 MiB".to_owned(),
        _ => format!("the compiler's process failed ({status}) {}", said.trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> WorkerCommand {
        WorkerCommand { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] }
    }

    #[test]
    fn what_the_worker_says_is_the_reason_and_its_silence_is_none() {
        let told = compile(b"x", &shell("cat > /dev/null; echo 'bad section' >&2; exit 1")).unwrap_err();
        assert_eq!(told, "it does not compile: bad section");
        assert!(compile(b"x", &shell("exit 0")).unwrap_err().contains("gave no artefact"));
        assert!(
            compile(b"x", &shell("cat")).unwrap_err().contains("gave no artefact"),
            "the input is no artefact"
        );
        assert!(compile(b"x", &shell("kill -ABRT $$")).unwrap_err().contains("memory"));
        let gone = WorkerCommand { program: "/no/such/program".into(), arguments: Vec::new() };
        assert!(compile(b"x", &gone).unwrap_err().contains("cannot start"));
    }

    #[test]
    fn a_worker_that_never_ends_is_killed() {
        let late = compile_within(Duration::from_millis(200), b"x", &shell("exec sleep 600")).unwrap_err();
        assert_eq!(late, "it takes longer than 10 s to compile");
    }

    #[test]
    fn a_component_is_compiled_and_a_broken_one_is_refused() {
        let mut sealed = Vec::new();
        let component = wat::parse_str("(component)").unwrap();
        compile_from_to(&mut component.as_slice(), &mut sealed).unwrap();
        assert!(artefact::open(&sealed).is_some());
        let broken = compile_from_to(&mut &component[..6], &mut Vec::new());
        assert!(broken.is_err());
    }
}
