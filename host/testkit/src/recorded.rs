//! A network that answers what it was told to.

use std::collections::VecDeque;

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};

/// Most inputs that are remembered; older ones are forgotten first.
pub const INPUTS_KEPT_MAX: usize = 64;

/// Gives the recorded answers one a call, in order, and remembers what it was asked.
#[derive(Debug)]
pub struct RecordedInference {
    info: ModelInfo,
    answers: VecDeque<Result<Vec<Tensor>, InferenceError>>,
    repeat_last: bool,
    inputs: VecDeque<Tensor>,
    calls: u64,
}

impl RecordedInference {
    /// One answer for each call; a call too many is an [`InferenceError::Run`].
    pub fn new(
        info: ModelInfo,
        answers: impl IntoIterator<Item = Result<Vec<Tensor>, InferenceError>>,
    ) -> Self {
        Self {
            info,
            answers: answers.into_iter().collect(),
            repeat_last: false,
            inputs: VecDeque::new(),
            calls: 0,
        }
    }

    /// The last answer is given again and again.
    #[must_use]
    pub fn repeating_last(mut self) -> Self {
        self.repeat_last = true;
        self
    }

    /// How often it was run.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// The last inputs, at most [`INPUTS_KEPT_MAX`], the oldest first.
    pub fn inputs(&self) -> impl Iterator<Item = &Tensor> {
        self.inputs.iter()
    }
}

impl Inference for RecordedInference {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn run(&mut self, input: &Tensor) -> Result<Vec<Tensor>, InferenceError> {
        self.calls += 1;
        if self.inputs.len() == INPUTS_KEPT_MAX {
            self.inputs.pop_front();
        }
        self.inputs.push_back(input.clone());
        if self.repeat_last
            && self.answers.len() == 1
            && let Some(last) = self.answers.front()
        {
            return last.clone();
        }
        self.answers.pop_front().unwrap_or_else(|| {
            Err(InferenceError::Run {
                model: self.info.name.clone(),
                reason: format!("call {} has no recorded answer", self.calls),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::Digest;
    use std::collections::BTreeMap;

    fn info() -> ModelInfo {
        ModelInfo {
            name: "recorded.onnx".to_owned(),
            digest: Digest::of(b"recorded"),
            provider: "cpu".to_owned(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }

    fn tensor(value: f32) -> Tensor {
        Tensor { shape: vec![1], data: vec![value] }
    }

    fn failure() -> InferenceError {
        InferenceError::Run { model: "recorded.onnx".to_owned(), reason: "out of memory".to_owned() }
    }

    #[test]
    fn answers_and_errors_come_in_order_and_then_run_out() {
        let mut network = RecordedInference::new(info(), [Ok(vec![tensor(1.0)]), Err(failure())]);
        assert_eq!(network.run(&tensor(5.0)), Ok(vec![tensor(1.0)]));
        assert_eq!(network.run(&tensor(6.0)), Err(failure()));
        let beyond = network.run(&tensor(7.0)).unwrap_err();
        assert!(beyond.to_string().contains("call 3 has no recorded answer"), "{beyond}");
        assert_eq!(network.calls(), 3);
        let inputs: Vec<f32> = network.inputs().map(|input| input.data[0]).collect();
        assert_eq!(inputs, [5.0, 6.0, 7.0]);
    }

    #[test]
    fn the_last_answer_can_be_repeated_and_inputs_are_kept_within_a_limit() {
        let mut network = RecordedInference::new(info(), [Ok(vec![tensor(2.0)])]).repeating_last();
        for _ in 0..100 {
            assert_eq!(network.run(&tensor(0.0)), Ok(vec![tensor(2.0)]));
        }
        assert_eq!(network.inputs().count(), INPUTS_KEPT_MAX);
    }
}
