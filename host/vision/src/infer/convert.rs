//! Between this program's tensors of 32-bit floats and ONNX Runtime's values.

use half::f16;
use half::slice::HalfFloatSliceExt as _;
use ort::value::{DynValue, Outlet, PrimitiveTensorElementType, TensorElementType, ValueType};
use ovr_domain::port::{Tensor, TensorSpec};

/// Most values in one output, 1 GiB as floats.
const OUTPUT_VALUES_MAX: usize = 1 << 28;

/// Element types that an input may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputElement {
    /// 32-bit floats: taken as they are, without a copy.
    F32,
    /// 16-bit floats.
    F16,
    /// Bytes: floats are rounded and held to 0 to 255.
    U8,
}

/// Name, shape and type of an input or output; an error names what it is instead of a tensor.
pub(super) fn spec(outlet: &Outlet) -> Result<TensorSpec, String> {
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(format!("{} is {}; expected a tensor", outlet.name(), outlet.dtype()));
    };
    Ok(TensorSpec {
        name: outlet.name().to_owned(),
        shape: shape.iter().map(|&side| usize::try_from(side).ok()).collect(),
        element: ty.to_string(),
    })
}

/// How an input of this spec is filled.
pub(super) fn input_element(spec: &TensorSpec) -> Result<InputElement, String> {
    match spec.element.as_str() {
        "f32" => Ok(InputElement::F32),
        "f16" => Ok(InputElement::F16),
        "u8" => Ok(InputElement::U8),
        other => Err(format!("input {} takes {other}; expected f32, f16 or u8", spec.name)),
    }
}

/// Whether an output of this spec can be converted.
pub(super) fn check_output(spec: &TensorSpec) -> Result<(), String> {
    let known = ["f32", "f16", "f64", "i64", "i32", "u8", "bool"];
    if known.contains(&spec.element.as_str()) {
        return Ok(());
    }
    let (name, element) = (&spec.name, &spec.element);
    Err(format!("output {name} gives {element}; expected one of {known:?}"))
}

/// Rounds floats to bytes; NaN becomes 0.
pub(super) fn to_bytes(values: &[f32], bytes: &mut Vec<u8>) {
    bytes.clear();
    // A cast from float to integer saturates, and takes NaN to 0.
    bytes.extend(values.iter().map(|value| value.round() as u8));
}

/// Rounds floats to 16 bits.
pub(super) fn to_halves(values: &[f32], halves: &mut Vec<f16>) {
    halves.clear();
    halves.resize(values.len(), f16::ZERO);
    halves.convert_from_f32_slice(values);
}

/// An output as 32-bit floats.
pub(super) fn output(value: &DynValue) -> Result<Tensor, String> {
    let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
        return Err(format!("an output is {}; expected a tensor", value.dtype()));
    };
    let shape: Vec<usize> = shape.iter().map(|&side| usize::try_from(side).unwrap_or(0)).collect();
    let count = shape.iter().try_fold(1_usize, |all, &side| all.checked_mul(side));
    if count.is_none_or(|count| count > OUTPUT_VALUES_MAX) {
        return Err(format!("an output has shape {shape:?}; expected at most {OUTPUT_VALUES_MAX} values"));
    }
    let data = match ty {
        TensorElementType::Float32 => floats::<f32>(value, <[f32]>::to_vec),
        TensorElementType::Float16 => floats::<f16>(value, <[f16]>::to_f32_vec),
        TensorElementType::Float64 => floats::<f64>(value, |slice| slice.iter().map(|&v| v as f32).collect()),
        TensorElementType::Int64 => floats::<i64>(value, |slice| slice.iter().map(|&v| v as f32).collect()),
        TensorElementType::Int32 => floats::<i32>(value, |slice| slice.iter().map(|&v| v as f32).collect()),
        TensorElementType::Uint8 => {
            floats::<u8>(value, |slice| slice.iter().map(|&v| f32::from(v)).collect())
        }
        TensorElementType::Bool => {
            floats::<bool>(value, |slice| slice.iter().map(|&v| f32::from(u8::from(v))).collect())
        }
        other => Err(format!("an output gives {other}; expected floats or integers")),
    }?;
    Ok(Tensor { shape, data })
}

/// The values of a tensor of `T`, as floats.
fn floats<T: PrimitiveTensorElementType>(
    value: &DynValue,
    convert: impl Fn(&[T]) -> Vec<f32>,
) -> Result<Vec<f32>, String> {
    let (_, slice) = value.try_extract_tensor::<T>().map_err(|error| super::one_line(error.message()))?;
    Ok(convert(slice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_rounded_and_held_to_bytes() {
        let mut bytes = vec![9; 3];
        to_bytes(&[-3.0, 0.4, 0.6, 254.7, 300.0, f32::NAN, f32::INFINITY], &mut bytes);
        assert_eq!(bytes, [0, 0, 1, 255, 255, 0, 255]);
    }

    #[test]
    fn floats_pass_through_halves_within_their_precision() {
        let mut halves = Vec::new();
        to_halves(&[0.5, -2.0, 1e9], &mut halves);
        assert_eq!(halves.to_f32_vec(), [0.5, -2.0, f32::INFINITY]);
    }
}
