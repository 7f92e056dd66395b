//! The signals that end a run.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How long the end may take after a signal. What was accepted is in the spool by then and is taken up at the next start;
/// whoever stopped the program (a service manager, a person) should not have to kill it.
const END_DEADLINE: Duration = Duration::from_secs(9);

/// Waits for SIGINT or SIGTERM. From then on the process ends within [`END_DEADLINE`], in order or not.
pub(super) async fn received() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without handlers the system's own action ends the process, which the spool survives.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // A thread of its own: it must come through when everything else is stuck.
    std::thread::spawn(|| {
        std::thread::sleep(END_DEADLINE);
        tracing::error!("the end took too long and was cut short: accepted events are in the spool");
        std::process::exit(1);
    });
}
