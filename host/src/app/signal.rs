//! The signals that end a run, and the promise that it then ends.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// How long the end may take. What was accepted is in the spool by then and is taken up at the next start; whoever stopped
/// the program (a service manager, a person) should not have to kill it.
const END_DEADLINE: Duration = Duration::from_secs(9);

/// How long the last words may take: whoever reads the log may have stopped reading.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Listens for SIGINT and SIGTERM from now on: the value becomes true with the first, a second one ends the process at
/// once.
pub(super) fn listen(runtime: &Runtime) -> watch::Receiver<bool> {
    let (told, heard) = watch::channel(false);
    runtime.spawn(async move {
        let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            // Without handlers the system's own action ends the process, which the spool survives. The sender must
            // live on, or its end would count as a signal.
            return std::future::pending().await;
        };
        for nth in 0_u32.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if nth > 0 {
                exit_now();
            }
            told.send_replace(true);
            end_soon();
        }
    });
    heard
}

/// Calls `tell` whenever SIGHUP comes, which from now on does not end the program any more.
pub(super) fn on_hang_up(runtime: &Runtime, tell: impl Fn() + Send + Sync + 'static) {
    let _inside = runtime.enter();
    match signal(SignalKind::hangup()) {
        Ok(mut hang_up) => {
            runtime.spawn(async move {
                while hang_up.recv().await.is_some() {
                    tell();
                }
            });
        }
        Err(error) => tracing::warn!("SIGHUP will not make the configuration be read again: {error}"),
    }
}

/// From now on the process ends within [`END_DEADLINE`], in order or not.
pub(super) fn end_soon() {
    // A thread of its own: it must come through when everything else is stuck, the log included.
    std::thread::spawn(|| {
        std::thread::sleep(END_DEADLINE);
        std::thread::spawn(|| {
            tracing::error!("the end took too long and was cut short: accepted events are in the spool");
        });
        std::thread::sleep(LAST_WORDS);
        exit_now();
    });
}

/// Without the libraries' own endings: their threads are still at work.
fn exit_now() -> ! {
    signal_hook::low_level::exit(1)
}
