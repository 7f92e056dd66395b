//! A plate-format plugin that does what the read tells it to. The read `LOOP` makes it loop for ever, `PANIC` makes it
//! panic, and so on; any other read is answered as a good plugin would. For the tests of the host's limits.

mod contract {
    #![allow(
        unsafe_code,
        unreachable_pub,
        clippy::pedantic,
        clippy::indexing_slicing,
        reason = "generated code"
    )]
    wit_bindgen::generate!({ path: "../../../../../wit", world: "plate-format-plugin" });
}

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering};

use contract::exports::ovr::alpr::plate_format::{Correction, Guest, Interpretation, Series};
use contract::ovr::alpr::log::{Level, log};
use contract::ovr::alpr::types::{Attribute, Description, PlateRead};

struct Hostile;

/// Calls that this instance has seen: more than one would mean that instances are not fresh.
static CALLS: AtomicU32 = AtomicU32::new(0);

impl Guest for Hostile {
    fn describe() -> Description {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Description {
            name: "hostile".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            summary: env!("CARGO_PKG_DESCRIPTION").into(),
        }
    }

    fn self_test() -> Result<u32, String> {
        CALLS.fetch_add(1, Ordering::Relaxed);
        Ok(1)
    }

    fn check(read: PlateRead, settings: Vec<Attribute>) -> Result<Vec<Interpretation>, String> {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let good = Interpretation { format_id: format!("call-{calls}"), ..interpretation(&read) };
        misbehave(&read.observed);
        lie(&read.observed, &settings, good)
    }
}

fn interpretation(read: &PlateRead) -> Interpretation {
    Interpretation {
        text: read.observed.chars().filter(|c| c.is_alphanumeric()).collect(),
        country: "XX".into(),
        region: None,
        format_id: "xx".into(),
        series: Series::Standard,
        log_prior: -10.0,
        corrections: Vec::new(),
    }
}

/// What ends the call, or should.
fn misbehave(what: &str) {
    match what {
        "LOOP" => loop {
            black_box(0);
        },
        "RECURSE" => {
            black_box(recurse(1));
        }
        "PANIC" => panic!("as I was told"),
        "ABORT" => std::process::abort(),
        "GROW" => grow(),
        "HOARD" => {
            let mut hoard = Vec::new();
            loop {
                hoard.push(vec![1_u8; 1 << 20]);
                black_box(&hoard);
            }
        }
        "FLOOD" => {
            for _ in 0..10_000 {
                log(Level::Warn, "\u{1b}[2J forged\nline \u{202e}");
            }
        }
        "BIGLOG" => log(Level::Warn, &"x".repeat(1 << 20)),
        _ => {}
    }
}

#[expect(unconditional_recursion, reason = "the host has to end it")]
fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 16]);
    recurse(depth + 1) + frame.iter().sum::<u64>()
}

/// Asks for all that a 32-bit memory can have, and goes on without it.
fn grow() {
    #[cfg(target_arch = "wasm32")]
    black_box(core::arch::wasm32::memory_grow(0, 65_000));
}

/// What comes back in time and is wrong.
fn lie(what: &str, settings: &[Attribute], good: Interpretation) -> Result<Vec<Interpretation>, String> {
    let one = |wrong: Interpretation| Ok(vec![wrong]);
    let text = good.text.clone();
    let rule = |rule: &str| vec![Correction { position: 0, character: None, rule: rule.into() }];
    match what {
        "GIGABYTE" => Err(gigabyte()),
        "MEGABYTES" => Err("x".repeat(4 << 20)),
        "REASON" => Err("x".repeat(201)),
        "MUTE" => Err(String::new()),
        "NONE" => Ok(Vec::new()),
        "LONG" => one(Interpretation { text: "A".repeat(10_000), ..good }),
        "EMPTY" => one(Interpretation { text: String::new(), ..good }),
        "LOWER" => one(Interpretation { text: text.to_lowercase(), ..good }),
        "INVENT" => one(Interpretation { text: "BAB1234".into(), ..good }),
        "LONGER" => one(Interpretation { text: text + "X", ..good }),
        "CONTROL" => {
            one(Interpretation { corrections: rule("a\nforged line"), text: text[1..].into(), ..good })
        }
        "REVERSE" => one(Interpretation { region: Some("\u{202e}nilreB".into()), ..good }),
        "NAN" => one(Interpretation { log_prior: f32::NAN, ..good }),
        "INFINITE" => one(Interpretation { log_prior: f32::NEG_INFINITY, ..good }),
        "CERTAIN" => one(Interpretation { log_prior: 0.0, ..good }),
        "COUNTRY" => one(Interpretation { country: "Germany".into(), ..good }),
        "FORMAT" => one(Interpretation { format_id: "Bad Format".into(), ..good }),
        "PLACE" => {
            let nowhere = Correction { position: 99, character: Some('A'), rule: "none".into() };
            one(Interpretation { corrections: vec![nowhere], ..good })
        }
        "MANY" => Ok(vec![good; 9]),
        "TWICE" => Ok(vec![good; 2]),
        "SETTINGS" => {
            Err(settings.iter().map(|s| format!("{}={}", s.key, s.value)).collect::<Vec<_>>().join(" "))
        }
        _ => one(good),
    }
}

/// A string that is said to have 1 GiB. There is no such memory; the host must find out before it believes it.
#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "the lie is the point; the host never follows it")]
fn gigabyte() -> String {
    let small = std::mem::ManuallyDrop::new(String::from("x"));
    // SAFETY: none. The string is only handed over: its pointer and length are what the host is to distrust.
    unsafe { String::from_raw_parts(small.as_ptr().cast_mut(), 1 << 30, 1 << 30) }
}

#[cfg(not(target_arch = "wasm32"))]
fn gigabyte() -> String {
    String::new()
}

mod export {
    #![allow(unsafe_code, unreachable_pub, clippy::pedantic, reason = "generated code")]
    use super::Hostile;
    super::contract::export!(Hostile with_types_in super::contract);
}
