//! A network with recorded answers, for this crate's own tests: the testkit's, which remembers inputs and fails on
//! demand as well, cannot be used in the crates that it will itself be used with.

use std::collections::BTreeMap;

use ovr_domain::Digest;
use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor, TensorSpec};

/// Gives recorded outputs, one list a call, and checks that it was asked with the shape that it declares.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    info: ModelInfo,
    answers: Vec<Vec<Tensor>>,
    calls: usize,
}

impl Recorded {
    /// A model named `name` with one `f32` input of `input` shape and the metadata given. Call number `n` gets
    /// `answers[n]`; when they are used up, the last one again. The declared output shapes are those of the first
    /// answer.
    pub(crate) fn new(
        name: &str,
        input: &[Option<usize>],
        metadata: &[(&str, &str)],
        answers: Vec<Vec<Tensor>>,
    ) -> Self {
        let spec =
            |name: String, shape: Vec<Option<usize>>| TensorSpec { name, shape, element: "f32".to_owned() };
        let first = answers.first().map(Vec::as_slice).unwrap_or_default();
        let outputs = first.iter().enumerate().map(|(index, tensor)| {
            spec(format!("output{index}"), tensor.shape.iter().map(|&side| Some(side)).collect())
        });
        let pairs = metadata.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let info = ModelInfo {
            name: name.to_owned(),
            digest: Digest::of(name.as_bytes()),
            provider: "recorded".to_owned(),
            inputs: vec![spec("input".to_owned(), input.to_vec())],
            outputs: outputs.collect(),
            metadata: pairs.collect::<BTreeMap<_, _>>(),
        };
        Self { info, answers, calls: 0 }
    }

    /// The same with these names of its outputs.
    pub(crate) fn with_outputs(mut self, names: &[&str]) -> Self {
        for (spec, name) in self.info.outputs.iter_mut().zip(names) {
            (*name).clone_into(&mut spec.name);
        }
        self
    }
}

impl Inference for Recorded {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        let refuse = |reason: String| InferenceError::Run { model: self.info.name.clone(), reason };
        let declared = self.info.inputs.first().map(|spec| spec.shape.as_slice());
        let declared = declared.unwrap_or_default();
        let fits = declared.len() == input.shape.len()
            && declared.iter().zip(&input.shape).all(|(side, &got)| side.is_none_or(|side| side == got))
            && input.shape.iter().product::<usize>() == input.data.len();
        if !fits {
            let (shape, count) = (&input.shape, input.data.len());
            return Err(refuse(format!(
                "an input of shape {shape:?} and {count} values; expected {declared:?}"
            )));
        }
        let answer = self.answers.get(self.calls).or(self.answers.last());
        let answer = answer.cloned().ok_or_else(|| refuse("nothing was recorded".to_owned()))?;
        self.calls += 1;
        Ok(answer)
    }
}
