//! The thread that follows the folder.

use std::io::Write as _;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ovr_domain::event::Verdict;
use ovr_domain::hook::FormatCheck as _;

use crate::fixture::{Site, TestClock, build, digest, hostile, in_use, read, status, wait_until};

#[test]
fn files_that_come_change_and_go_are_followed() {
    let site = Site::new();
    let mut plugins = site.open();
    plugins.watch().unwrap();
    assert!(!site.folder().exists());
    assert!(matches!(plugins.check(&read("AB1"), &[]).verdict, Verdict::Unchecked { .. }));

    let (first, second) = (build(&hostile(), 1), build(&hostile(), 2));
    site.put("rules", &first);
    wait_until("a folder that did not exist is followed", || {
        in_use(&plugins, "rules") == Some(digest(&first).to_string())
    });
    site.put("rules", &second);
    wait_until("a renamed file is in use", || in_use(&plugins, "rules") == Some(digest(&second).to_string()));
    std::fs::write(site.file("rules"), &first).unwrap();
    wait_until("a file written in place is in use", || {
        in_use(&plugins, "rules") == Some(digest(&first).to_string())
    });
    std::fs::rename(site.file("rules"), site.file("renamed")).unwrap();
    wait_until("a plugin has its new name", || {
        in_use(&plugins, "rules").is_none() && in_use(&plugins, "renamed").is_some()
    });
    std::fs::remove_file(site.file("renamed")).unwrap();
    wait_until("a deleted file is unloaded", || plugins.list().is_empty());

    site.put("rules", &first);
    wait_until("it is back", || in_use(&plugins, "rules").is_some());
    std::fs::remove_dir_all(site.folder()).unwrap();
    wait_until("a removed folder unloads all", || plugins.list().is_empty());
    site.put("rules", &second);
    wait_until("a folder made anew is followed", || {
        in_use(&plugins, "rules") == Some(digest(&second).to_string())
    });
}

#[test]
fn a_half_copied_file_is_not_read_before_it_has_come_to_rest() {
    let clock = Arc::new(TestClock::default());
    let site = Site::with(clock.clone());
    let (old, new) = (build(&hostile(), 1), build(&hostile(), 2));
    site.put("rules", &old);
    let mut plugins = site.open();
    plugins.watch().unwrap();

    let mut copy = std::fs::File::create(site.file("rules")).unwrap();
    for part in new.chunks(new.len() / 4) {
        copy.write_all(part).unwrap();
        // The thread wakes for each part; on its clock, no time has gone by since the last one.
        thread::sleep(Duration::from_millis(60));
        let now = status(&plugins, "rules").unwrap();
        assert_eq!(now.problem, None, "half a file was read");
        assert_eq!(in_use(&plugins, "rules"), Some(digest(&old).to_string()));
    }
    drop(copy);
    wait_until("the whole file is in use", || {
        clock.advance(Duration::from_millis(50));
        assert_eq!(status(&plugins, "rules").unwrap().problem, None);
        in_use(&plugins, "rules") == Some(digest(&new).to_string())
    });
}

#[test]
fn a_plugin_that_is_deleted_and_copied_anew_stays_in_use_in_between() {
    let clock = Arc::new(TestClock::default());
    let site = Site::with(clock.clone());
    let (old, new) = (build(&hostile(), 1), build(&hostile(), 2));
    site.put("rules", &old);
    let mut plugins = site.open();
    plugins.watch().unwrap();
    std::fs::remove_file(site.file("rules")).unwrap();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(in_use(&plugins, "rules"), Some(digest(&old).to_string()));
    site.put("rules", &new);
    wait_until("the new file is in use", || {
        clock.advance(Duration::from_millis(50));
        let digest_now = in_use(&plugins, "rules").unwrap();
        digest_now == digest(&new).to_string()
    });
}

#[test]
fn a_registry_ends_its_thread_at_once() {
    let site = Site::new();
    site.put("rules", &hostile());
    let mut plugins = site.open();
    plugins.watch().unwrap();
    plugins.watch().unwrap();
    let watching = || {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        names.filter(|name| name.trim() == "plugins-watch").count()
    };
    // A thread gives itself its name when it runs first.
    wait_until("the thread runs", || watching() >= 1);
    let others = thread::spawn(move || drop(plugins));
    wait_until("dropping it returns", || others.is_finished());
}
