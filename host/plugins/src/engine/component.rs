//! A component's file: how it is read, and what it must be.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use wasmtime::component::Component;
use wasmtime::component::types::{self, ComponentItem};

use super::limits::COMPONENT_BYTES_MAX;
use super::plugin::World;
use crate::Error;
use crate::contract::dedup_policy::exports::ovr::alpr::dedup_policy as policy;
use crate::contract::plate_format::exports::ovr::alpr::plate_format as format;
use crate::contract::types as contract;

/// The package of the contract.
const PACKAGE: &str = "ovr:alpr";

/// Versions of the contract that this host speaks: all that begin so.
const VERSION: &str = "0.1.";

/// Reads a component's file. A named pipe or a device is refused without waiting for it, a large file without reading
/// it. Links are followed: a package store or a configuration map is made of them.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Error> {
    let unreadable = |source| Error::Read { file: file.to_owned(), source };
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let opened =
        OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(file).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(refused(file, "it is no regular file; expected a WebAssembly component"));
    }
    let too_large = |size: u64| {
        let reason = format!("it has {size} bytes; a plugin has at most {COMPONENT_BYTES_MAX} (8 MiB)");
        refused(file, &reason)
    };
    if metadata.len() > COMPONENT_BYTES_MAX {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    opened.take(COMPONENT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > COMPONENT_BYTES_MAX {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Longest name of a plugin, in characters.
const NAME_CHARS_MAX: usize = 64;

/// The plugin's name: the stem of its file. It becomes a label of metrics and stands on events.
pub(crate) fn name(file: &Path) -> Result<String, Error> {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let wrong = |expected: &str| Error::Name { file: file.to_owned(), expected: expected.to_owned() };
    check_name(&stem).map(|()| stem.clone()).map_err(wrong)
}

/// Checks a plugin's name, which is that of its file without `.wasm`; the error says what would be right.
pub(crate) fn check_name(name: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.bytes().all(allowed) {
        return Err("a plugin's name of 1 to 64 characters out of a-z 0-9 -, that of its file without .wasm");
    }
    Ok(())
}

/// An error in one line, whatever of the file stands in the reason.
pub(crate) fn refused(file: &Path, reason: &str) -> Error {
    Error::Refused { file: file.to_owned(), reason: super::call::one_line(reason, 400) }
}

/// Says what a file is that is no component; compiling it would only give a worse message.
pub(crate) fn check_header(bytes: &[u8]) -> Result<(), String> {
    let text = bytes.trim_ascii_start();
    let wrong = match bytes {
        [] => "it is empty",
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => return Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => {
            return Err("it is a core module, not a component: link it with wasm-component-ld or make one of it with \
                        `wasm-tools component new`"
                .to_owned());
        }
        [0, b'a', b's', b'm', ..] => "it is WebAssembly of a version that this host does not know",
        [0x7f, b'E', b'L', b'F', ..] => "it is machine code; what others compiled is never loaded",
        _ if text.starts_with(b"(") => "it is WebAssembly text",
        _ => "it is no WebAssembly",
    };
    Err(format!("{wrong}; expected a WebAssembly component"))
}

/// Which world a component is for, by its imports and exports; or what of them is wrong, and what would be right.
pub(crate) fn world(component: &Component) -> Result<World, String> {
    let engine = component.engine();
    let ty = component.component_type();
    for (import, _) in ty.imports(engine) {
        check_import(import)?;
    }
    let exports: Vec<_> = ty.exports(engine).map(|(name, item)| (name, item.ty)).collect();
    let mut found =
        exports.iter().filter_map(|(name, item)| World::of_interface(name).map(|world| (world, *name, item)));
    let Some((world, name, item)) = found.next() else {
        return Err(no_interface(&exports.iter().map(|(name, _)| *name).collect::<Vec<_>>()));
    };
    if let Some((_, other, _)) = found.next() {
        return Err(format!(
            "it exports both {name} and {other}; a plugin has exactly one of them: make two components"
        ));
    }
    check_version(name, "exports")?;
    let ComponentItem::ComponentInstance(interface) = item else {
        return Err(format!("its export {name} is no interface; expected that of wit/"));
    };
    let missing: Vec<_> =
        world.functions().into_iter().filter(|f| interface.get_export(engine, f).is_none()).collect();
    if !missing.is_empty() {
        let (missing, expected) = (missing.join("`, `"), world.functions().join("`, `"));
        return Err(format!("its {name} has no `{missing}`; expected `{expected}`"));
    }
    check_shapes(&ty, interface, engine, world)?;
    Ok(world)
}

/// Whether each function takes and gives what the contract says; a component that was built against another text of the same
/// version shows here.
fn check_shapes(
    component: &types::Component,
    interface: &types::ComponentInstance,
    engine: &wasmtime::Engine,
    world: World,
) -> Result<(), String> {
    type Checked<T> = (Result<T, String>,);
    let cx = component.instance_type();
    for name in world.functions() {
        let Some(ComponentItem::ComponentFunc(function)) =
            interface.get_export(engine, name).map(|item| item.ty)
        else {
            return Err(format!("its `{name}` is no function"));
        };
        let fits = match (name, world) {
            ("describe", _) => function.typecheck::<(), (contract::Description,)>(&cx),
            ("self-test", _) => function.typecheck::<(), Checked<u32>>(&cx),
            (_, World::PlateFormat) => function
                .typecheck::<(contract::PlateRead, Vec<contract::Attribute>), Checked<Vec<format::Interpretation>>>(&cx),
            (_, World::DedupPolicy) => function.typecheck::<
                (contract::Event, Vec<contract::Neighbour>, Vec<contract::Attribute>),
                (policy::Decision,),
            >(&cx),
            (_, World::Enrich) => {
                function.typecheck::<(contract::Event, Vec<contract::Attribute>), (Vec<contract::Attribute>,)>(&cx)
            }
        };
        fits.map_err(|error| {
            format!("its `{name}` is not that of wit/ ({error:#}): build it against this host's wit/")
        })?;
    }
    Ok(())
}

fn check_import(import: &str) -> Result<(), String> {
    let (interface, _) = import.split_once('@').unwrap_or((import, ""));
    match interface {
        "ovr:alpr/log" | "ovr:alpr/types" => check_version(import, "imports"),
        _ => Err(format!(
            "it imports {import}; a plugin may import nothing but {PACKAGE}/log@{VERSION}0: no clock, file, network or \
             environment{}",
            if interface.starts_with("wasi:") {
                " (build it for wasm32-unknown-unknown, or with WASI stubbed)"
            } else {
                ""
            }
        )),
    }
}

fn check_version(name: &str, verb: &str) -> Result<(), String> {
    let version = name.split_once('@').map_or("", |(_, version)| version);
    if version.starts_with(VERSION) {
        return Ok(());
    }
    Err(format!(
        "it {verb} {name}, but this host speaks {PACKAGE}@{VERSION}x: build it against this host's wit/"
    ))
}

fn no_interface(exports: &[&str]) -> String {
    let has = match exports {
        [] => "it exports nothing".to_owned(),
        some => format!("it exports {}", some.iter().take(4).copied().collect::<Vec<_>>().join(", ")),
    };
    let wanted = World::ALL.map(|world| format!("{PACKAGE}/{world}@{VERSION}0"));
    format!("{has}; expected exactly one of {}", wanted.join(", "))
}

impl World {
    /// The world whose interface has this name, of whatever version.
    fn of_interface(name: &str) -> Option<Self> {
        let interface = name.split_once('@').map_or(name, |(interface, _)| interface);
        let of_package = interface.strip_prefix(PACKAGE)?.strip_prefix('/')?;
        Self::ALL.into_iter().find(|world| world.as_str() == of_package)
    }

    /// The functions that its interface has.
    fn functions(self) -> [&'static str; 3] {
        let own = match self {
            Self::PlateFormat => "check",
            Self::DedupPolicy => "decide",
            Self::Enrich => "enrich",
        };
        ["describe", "self-test", own]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_component_is_named_for_what_it_is() {
        let header = |bytes: &[u8]| check_header(bytes).unwrap_err();
        assert!(header(b"").starts_with("it is empty"));
        assert!(header(b"\0asm\x01\0\0\0rest").starts_with("it is a core module"));
        assert!(header(b"\0asm\x0e\0\x01\0").contains("version"));
        assert!(header(b"\x7fELF...").contains("machine code"));
        assert!(header(b"  (component)").contains("text"));
        assert!(header(b"MZ\x90").starts_with("it is no WebAssembly"));
        assert_eq!(check_header(b"\0asm\x0d\0\x01\0"), Ok(()));
    }

    #[test]
    fn a_name_that_would_spoil_a_metric_is_refused() {
        assert_eq!(name(Path::new("/p/plate-format-eu.wasm")).ok().as_deref(), Some("plate-format-eu"));
        for bad in ["/p/a b.wasm", "/p/a\nb.wasm", "/p/A.wasm", "/", &format!("/p/{}.wasm", "n".repeat(65))] {
            assert!(name(Path::new(bad)).is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn imports_other_than_the_contract_are_named() {
        assert_eq!(check_import("ovr:alpr/log@0.1.3"), Ok(()));
        assert!(check_import("wasi:sockets/tcp@0.2.0").unwrap_err().contains("wasi:sockets/tcp@0.2.0"));
        assert!(check_import("ovr:alpr/log@0.2.0").unwrap_err().contains("this host speaks ovr:alpr@0.1.x"));
        assert!(check_import("ovr:alpr/clock@0.1.0").is_err());
    }
}
