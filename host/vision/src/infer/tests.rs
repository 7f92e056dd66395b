//! Against the real library, where the setup script has put it; the models are written here, byte by byte.

use std::fs;
use std::path::PathBuf;

use ovr_domain::Digest;
use ovr_domain::port::{Inference as _, InferenceError, Tensor};

use super::*;

/// The runtime, or nothing and one line that says so.
fn runtime() -> Option<Runtime> {
    let Some(library) = library_file() else {
        println!("skipped: there is no ONNX Runtime (OVR_ORT_LIBRARY or the cache)");
        return None;
    };
    Some(Runtime::load(&library).unwrap())
}

// ONNX element types (onnx.proto, TensorProto.DataType).
const F32: u64 = 1;
const U8: u64 = 2;
const I64: u64 = 7;
const STRING: u64 = 8;
const F16: u64 = 10;

/// A protobuf field that holds a number.
fn number(field: u64, value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for mut rest in [field << 3, value] {
        while rest > 127 {
            bytes.push(rest as u8 | 128);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }
    bytes
}

/// A protobuf field that holds bytes.
fn nested(field: u64, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = number(field, content.len() as u64);
    bytes[0] |= 2;
    bytes.extend(content);
    bytes
}

/// An input or output of shape `[free, 4]`.
fn value(field: u64, name: &str, element: u64) -> Vec<u8> {
    let free = nested(1, &[&nested(2, &[b"n"])]);
    let four = nested(1, &[&number(1, 4)]);
    let tensor = nested(1, &[&number(1, element), &nested(2, &[&free, &four])]);
    nested(field, &[&nested(1, &[name.as_bytes()]), &nested(2, &[&tensor])])
}

/// A model that casts its inputs `x0`, `x1` .. (of the element types given) to the outputs `y0`, `y1` ..; with
/// fewer inputs than outputs the first input serves the rest.
fn model(inputs: &[u64], outputs: &[u64]) -> Vec<u8> {
    let mut graph = vec![nested(2, &[b"casts"])];
    for (i, &element) in outputs.iter().enumerate() {
        let source = if i < inputs.len() { i } else { 0 };
        let to = nested(5, &[&nested(1, &[b"to"]), &number(3, element), &number(20, 2)]);
        let (x, y) = (format!("x{source}"), format!("y{i}"));
        let names = [nested(1, &[x.as_bytes()]), nested(2, &[y.as_bytes()])].concat();
        graph.push(nested(1, &[&names, &nested(4, &[b"Cast"]), &to]));
        graph.push(value(12, &y, element));
    }
    for (i, &element) in inputs.iter().enumerate() {
        graph.push(value(11, &format!("x{i}"), element));
    }
    let opset = nested(8, &[&nested(1, &[b""]), &number(2, 13)]);
    let entry = nested(14, &[&nested(1, &[b"names"]), &nested(2, &[b"{0: 'car'}"])]);
    [number(1, 8), nested(7, &[&graph.concat()]), opset, entry].concat()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn with(name: &str, bytes: &[u8]) -> (Self, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        (Self(folder), path)
    }
}

fn refusal(opened: Result<OrtModel, InferenceError>) -> String {
    opened.err().expect("a model was opened that should not be").to_string()
}

#[test]
fn bytes_go_in_and_every_element_type_comes_out_as_floats() {
    let Some(runtime) = runtime() else { return };
    let (_folder, path) = Folder::with("casts.onnx", &model(&[U8], &[F16, I64, F32, U8]));
    let mut opened = runtime.open(&path, &Options::cpu(1)).unwrap();
    let info = opened.info().clone();
    assert_eq!((info.name.as_str(), info.provider.as_str()), ("casts.onnx", "cpu"));
    assert_eq!(info.inputs[0].shape, [None, Some(4)]);
    assert_eq!(info.metadata["names"], "{0: 'car'}");
    assert_eq!(info.digest, Digest::of(&fs::read(&path).unwrap()));
    let elements: Vec<&str> = info.outputs.iter().map(|o| o.element.as_str()).collect();
    assert_eq!(elements, ["f16", "i64", "f32", "u8"]);
    let input = Tensor { shape: vec![1, 4], data: vec![-1.0, 0.6, 99.4, 300.0] };
    for output in opened.run(&input).unwrap() {
        assert_eq!(output.shape, [1, 4]);
        assert_eq!(output.data, [0.0, 1.0, 99.0, 255.0]);
    }
}

#[test]
fn floats_go_in_whole_or_as_halves() {
    let Some(runtime) = runtime() else { return };
    for element in [F32, F16] {
        let (_folder, path) = Folder::with("casts.onnx", &model(&[element], &[F32]));
        let mut opened = runtime.open(&path, &Options::cpu(1)).unwrap();
        let input = Tensor { shape: vec![2, 4], data: vec![0.5, -2.0, 0.25, 8.0, 1.0, 2.0, 3.0, 4.0] };
        assert_eq!(opened.run(&input).unwrap(), [input]);
    }
}

#[test]
fn an_input_of_the_wrong_shape_is_an_error_and_the_model_goes_on() {
    let Some(runtime) = runtime() else { return };
    let (_folder, path) = Folder::with("casts.onnx", &model(&[F32], &[F32]));
    let mut opened = runtime.open(&path, &Options::cpu(1)).unwrap();
    for shape in [vec![4], vec![1, 5], vec![usize::MAX, 4], vec![]] {
        let wrong = Tensor { shape, data: vec![0.0; 5] };
        let error = opened.run(&wrong).unwrap_err();
        assert!(matches!(error, InferenceError::Run { .. }), "{error}");
    }
    let right = Tensor { shape: vec![1, 4], data: vec![1.0; 4] };
    assert!(opened.run(&right).is_ok());
}

#[test]
fn what_cannot_be_opened_is_said_in_one_line() {
    let Some(runtime) = runtime() else { return };
    let options = Options::cpu(1);
    let (folder, text) = Folder::with("text.onnx", b"this is no model");
    let missing = folder.0.path().join("missing.onnx");
    let empty = folder.0.path().join("empty.onnx");
    fs::write(&empty, b"").unwrap();
    let cases = [
        (refusal(runtime.open(&text, &options)), "expected an ONNX model"),
        (refusal(runtime.open(&missing, &options)), "expected an ONNX file"),
        (refusal(runtime.open(&empty, &options)), "has 0 bytes"),
        (refusal(runtime.open(folder.0.path(), &options)), "this is no file"),
    ];
    for (message, part) in cases {
        assert!(message.starts_with("cannot load model /"), "{message}");
        assert!(message.contains(part) && !message.contains('\n'), "{message}");
    }
    for (inputs, part) in [(&[F32, F32][..], "exactly one"), (&[STRING], "expected f32, f16 or u8")] {
        let (_folder, path) = Folder::with("odd.onnx", &model(inputs, &[F32, F32][..inputs.len()]));
        let message = refusal(runtime.open(&path, &options));
        assert!(message.contains("layout that is not known") && message.contains(part), "{message}");
    }
}

#[test]
fn a_library_that_is_missing_or_another_one_is_refused() {
    let Some(_runtime) = runtime() else { return };
    let (_folder, other) = Folder::with("libother.so", b"no library");
    for path in [other.as_path(), std::path::Path::new("/nowhere/libonnxruntime.so")] {
        let message = Runtime::load(path).err().unwrap().to_string();
        assert!(message.starts_with("cannot load ONNX Runtime from"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_provider_that_cannot_run_is_passed_over_only_when_it_is_not_required() {
    let Some(runtime) = runtime() else { return };
    let (_folder, path) = Folder::with("casts.onnx", &model(&[F32], &[F32]));
    let mut options = Options::default();
    let opened = runtime.open(&path, &options).unwrap();
    if opened.info().provider != "cpu" {
        println!("skipped: this machine has an accelerator");
        return;
    }
    options.providers[1].required = true;
    let message = refusal(runtime.open(&path, &options));
    assert!(message.contains("provider cuda is required and cannot run"), "{message}");
    options.providers[1].required = false;
    options.providers[2].required = true;
    // The processor itself may be required.
    assert_eq!(runtime.open(&path, &options).unwrap().info().provider, "cpu");
    options.providers.truncate(1);
    let message = refusal(runtime.open(&path, &options));
    assert!(message.contains("no configured execution provider runs it (tensorrt: "), "{message}");
    options.providers.clear();
    let message = refusal(runtime.open(&path, &options));
    assert!(message.contains("no execution provider is configured"), "{message}");
}
