//! Components made of text: a WIT world and a core module that implements it, in whatever way a compiler never would.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What every crafted module has: a memory, an allocator that never frees, and the strings that describe it.
const HEAP: &str = r#"
    (memory (export "memory") MEMORY)
    (global $heap (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
        (global.set $heap (i32.add (local.get $at) (local.get 3)))
        (local.get $at))
    (data (i32.const 64) "crafted")
    (data (i32.const 80) "1.0.0")
    ;; The description: three strings, each a pointer and a length.
    (data (i32.const 0) "\40\00\00\00\07\00\00\00\50\00\00\00\05\00\00\00\40\00\00\00\07\00\00\00")
"#;

/// What a crafted enrich plugin does. Each part is a body in WebAssembly text; left as they are, it is a good plugin that adds
/// nothing.
pub(crate) struct Enrich {
    /// Pages of 64 KiB, the least and perhaps the most.
    pub(crate) memory: &'static str,
    /// Further fields of the core module.
    pub(crate) fields: &'static str,
    pub(crate) describe: &'static str,
    pub(crate) self_test: &'static str,
    pub(crate) answer: &'static str,
}

impl Default for Enrich {
    fn default() -> Self {
        // The self-test's result lies at 128: ok, 1 vector. The list of attributes at 160: empty.
        let self_test = "(i32.store8 (i32.const 128) (i32.const 0)) (i32.store (i32.const 132) (i32.const 1)) (i32.const 128)";
        Self { memory: "1", fields: "", describe: "(i32.const 0)", self_test, answer: "(i32.const 160)" }
    }
}

impl Enrich {
    /// The component, for the contract in `wit/`.
    pub(crate) fn build(&self) -> Vec<u8> {
        let heap = HEAP.replace("MEMORY", self.memory);
        let Self { fields, describe, self_test, answer, .. } = self;
        let module = format!(
            r#"(module {heap} {fields}
                (func (export "ovr:alpr/enrich@0.1.0#describe") (result i32) {describe})
                (func (export "ovr:alpr/enrich@0.1.0#self-test") (result i32) {self_test})
                (func (export "ovr:alpr/enrich@0.1.0#enrich") (param i32) (result i32) {answer}))"#
        );
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let (package, _) = resolve.push_path(wit).expect("the contract");
        let world = resolve.select_world(&[package], Some("enrich-plugin")).expect("the world");
        encode(&resolve, world, &module)
    }
}

/// A component for a world of a WIT text of its own.
pub(crate) fn component(wit: &str, module: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("crafted.wit", wit).expect("the WIT");
    let world = resolve.select_world(&[package], Some("crafted")).expect("the world");
    encode(&resolve, world, module)
}

fn encode(resolve: &Resolve, world: wit_parser::WorldId, module: &str) -> Vec<u8> {
    let mut bytes = wat::parse_str(module).expect("the core module");
    embed_component_metadata(&mut bytes, resolve, world, StringEncoding::UTF8).expect("its metadata");
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&bytes).expect("the module").encode().expect("a component")
}

/// A component of less than 8 MiB that is valid and takes a compiler minutes: functions of ten thousands of nested blocks.
/// Written byte by byte (WebAssembly core specification, 5.5), because no text of it would be read in reasonable time either.
pub(crate) fn compiler_bomb() -> Vec<u8> {
    const NESTED: usize = 40_000;
    const FUNCTIONS: usize = 60;
    let jumps = (0..1_000).flat_map(number);
    let jump = [0x20, 0, 0x0e].into_iter().chain(number(1_000)).chain(jumps).chain([0]);
    let blocks = [0x02, 0x40].repeat(NESTED).into_iter().chain(jump).chain(vec![0x0b; NESTED]);
    let body: Vec<u8> = [0].into_iter().chain(blocks).chain([0x20, 0, 0x0b]).collect();
    let code = [number(body.len()), body].concat().repeat(FUNCTIONS);
    let types = section(1, &[1, 0x60, 1, 0x7f, 1, 0x7f]);
    let functions = section(3, &[number(FUNCTIONS), vec![0; FUNCTIONS]].concat());
    let module =
        [b"\0asm\x01\0\0\0".to_vec(), types, functions, section(10, &[number(FUNCTIONS), code].concat())]
            .concat();
    [b"\0asm\x0d\0\x01\0".to_vec(), section(1, &module)].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], number(content.len()), content.to_vec()].concat()
}

/// LEB128.
fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
