//! Alone in its process, because it counts the threads and files of the whole process.

mod common;

use common::{file, open_with, write_clip};
use ovr_capture::Options;
use ovr_domain::port::FrameSource;

#[test]
fn fifty_sources_opened_and_dropped_half_way_leave_no_thread_and_no_file_behind() {
    let count = |folder: &str| std::fs::read_dir(folder).unwrap().count();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clip.mp4");
    write_clip(&path, (160, 96), 25, 60);
    let once = |frames: usize| {
        let mut source =
            open_with(&file(&path), Options { decode_threads: 2, ..Options::default() }).unwrap();
        for _ in 0..frames {
            source.next_frame().unwrap();
        }
    };
    for _ in 0..5 {
        once(3);
    }
    let (files, threads) = (count("/proc/self/fd"), count("/proc/self/task"));
    for n in 0..50 {
        once(n % 7);
    }
    let broken = folder.path().join("broken.mp4");
    std::fs::write(&broken, "no video").unwrap();
    for _ in 0..10 {
        assert!(open_with(&file(&broken), Options::default()).is_err());
    }
    assert!(count("/proc/self/fd") <= files, "{files} open files became {}", count("/proc/self/fd"));
    // GLib keeps a few idle threads for the next pipeline; a source alone has more than these.
    let now = count("/proc/self/task");
    assert!(now <= threads + 4, "{threads} threads became {now}");
}
