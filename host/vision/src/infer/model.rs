//! One open model.

use std::collections::BTreeMap;

use half::f16;
use ort::session::Session;
use ort::value::TensorRef;
use ovr_domain::Digest;
use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};

use super::convert::{self, InputElement};
use super::{Provider, one_line};

/// Most metadata entries that are kept of a model.
const METADATA_ENTRIES_MAX: usize = 256;

/// A network that ONNX Runtime holds open. It takes one input; what it computes with was chosen when it was opened.
pub struct OrtModel {
    session: Session,
    info: ModelInfo,
    element: InputElement,
    // Reused from call to call for inputs that are not 32-bit floats.
    bytes: Vec<u8>,
    halves: Vec<f16>,
}

impl OrtModel {
    /// Reads what the session says of the model and checks that this program can feed and understand it.
    pub(super) fn new(
        session: Session,
        name: String,
        digest: Digest,
        provider: Provider,
    ) -> Result<Self, InferenceError> {
        let layout = |reason| InferenceError::Layout { model: name.clone(), reason };
        let inputs =
            session.inputs().iter().map(convert::spec).collect::<Result<Vec<_>, _>>().map_err(layout)?;
        let outputs =
            session.outputs().iter().map(convert::spec).collect::<Result<Vec<_>, _>>().map_err(layout)?;
        let [input] = inputs.as_slice() else {
            let names: Vec<&str> = inputs.iter().map(|spec| spec.name.as_str()).collect();
            return Err(layout(format!("it has the inputs {names:?}; expected exactly one")));
        };
        let element = convert::input_element(input).map_err(layout)?;
        outputs.iter().try_for_each(convert::check_output).map_err(layout)?;
        let info = ModelInfo {
            metadata: metadata(&session),
            name,
            digest,
            provider: provider.to_string(),
            inputs,
            outputs,
        };
        Ok(Self { session, info, element, bytes: Vec::new(), halves: Vec::new() })
    }

    /// File name of the model.
    pub(super) fn name(&self) -> &str {
        &self.info.name
    }

    /// Runs the session; errors are only what the runtime said.
    fn evaluate(&mut self, input: &Tensor) -> Result<Vec<Tensor>, String> {
        let said = |error: ort::Error| one_line(error.message());
        let shape = input.shape.as_slice();
        let values = match self.element {
            InputElement::F32 => {
                let view = TensorRef::from_array_view((shape, input.data.as_slice())).map_err(said)?;
                self.session.run(ort::inputs![view])
            }
            InputElement::F16 => {
                convert::to_halves(&input.data, &mut self.halves);
                let view = TensorRef::from_array_view((shape, self.halves.as_slice())).map_err(said)?;
                self.session.run(ort::inputs![view])
            }
            InputElement::U8 => {
                convert::to_bytes(&input.data, &mut self.bytes);
                let view = TensorRef::from_array_view((shape, self.bytes.as_slice())).map_err(said)?;
                self.session.run(ort::inputs![view])
            }
        }
        .map_err(said)?;
        values.values().map(|value| convert::output(&value)).collect()
    }
}

impl Inference for OrtModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        self.evaluate(input).map_err(|reason| InferenceError::Run { model: self.info.name.clone(), reason })
    }
}

/// The model's own key and value pairs; a model whose metadata cannot be read simply has none.
fn metadata(session: &Session) -> BTreeMap<String, String> {
    let Ok(found) = session.metadata() else {
        return BTreeMap::new();
    };
    let keys = found.custom_keys().unwrap_or_default();
    keys.into_iter()
        .take(METADATA_ENTRIES_MAX)
        .filter_map(|key| found.custom(&key).map(|value| (key, value)))
        .collect()
}
