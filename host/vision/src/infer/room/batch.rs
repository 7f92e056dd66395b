//! Several inputs in one run: put one behind the other, and the outputs taken apart again.

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};

/// Whether a network takes any number of rows, and gives as many.
pub(super) fn is_free(info: &ModelInfo) -> bool {
    let free = |shape: &[Option<usize>]| shape.first().is_some_and(Option::is_none);
    let mut specs = info.inputs.iter().chain(&info.outputs);
    !info.inputs.is_empty() && specs.all(|spec| free(&spec.shape))
}

/// Rows of an input: its first side.
pub(super) fn rows(input: &Tensor) -> usize {
    input.shape.first().copied().unwrap_or_default()
}

/// Whether two inputs can be put one behind the other.
pub(super) fn fit(a: &Tensor, b: &Tensor) -> bool {
    let whole = |input: &Tensor| {
        let values = input.shape.iter().try_fold(1_usize, |product, side| product.checked_mul(*side));
        rows(input) > 0 && values == Some(input.data.len())
    };
    whole(a) && whole(b) && a.shape.get(1..) == b.shape.get(1..)
}

/// A network that is given several inputs at once.
pub(super) struct Batcher {
    network: Box<dyn Inference>,
    /// Reused from run to run.
    gathered: Tensor,
    /// Shape of the last input.
    shape: Vec<usize>,
}

impl Batcher {
    pub(super) fn new(network: Box<dyn Inference>) -> Self {
        Self { network, gathered: Tensor::default(), shape: Vec::new() }
    }

    /// One run on so many rows of nothing.
    pub(super) fn rehearse(&mut self, rows: usize) -> Result<(), InferenceError> {
        let mut shape = self.shape.clone();
        let Some(side) = shape.first_mut() else { return Ok(()) };
        *side = rows;
        let data = vec![0.0; shape.iter().product()];
        self.network.run(&Tensor { shape, data }).map(|_| ())
    }

    /// One run on `first` and all of `others`, which fit to it: the outputs for each.
    pub(super) fn run(
        &mut self,
        first: &Tensor,
        others: &[&Tensor],
    ) -> Result<Vec<Vec<Tensor>>, InferenceError> {
        self.shape.clone_from(&first.shape);
        if others.is_empty() {
            return Ok(vec![self.network.run(first)?]);
        }
        let counts: Vec<usize> = std::iter::once(first).chain(others.iter().copied()).map(rows).collect();
        let gathered = &mut self.gathered;
        gathered.shape.clone_from(&first.shape);
        if let Some(side) = gathered.shape.first_mut() {
            *side = counts.iter().sum();
        }
        gathered.data.clear();
        gathered.data.extend_from_slice(&first.data);
        for other in others {
            gathered.data.extend_from_slice(&other.data);
        }
        let outputs = self.network.run(gathered)?;
        let mut answers: Vec<Vec<Tensor>> = counts.iter().map(|_| Vec::new()).collect();
        for output in &outputs {
            let parts = split(output, &counts).ok_or_else(|| InferenceError::Run {
                model: self.network.info().name.clone(),
                reason: format!(
                    "it gave an output of shape {:?} and {} values for {} rows; expected as many rows",
                    output.shape,
                    output.data.len(),
                    counts.iter().sum::<usize>()
                ),
            })?;
            answers.iter_mut().zip(parts).for_each(|(answer, part)| answer.push(part));
        }
        Ok(answers)
    }
}

/// An output in parts of so many rows; nothing when it does not have as many.
fn split(output: &Tensor, counts: &[usize]) -> Option<Vec<Tensor>> {
    let total: usize = counts.iter().sum();
    let row: usize =
        output.shape.get(1..)?.iter().try_fold(1_usize, |product, side| product.checked_mul(*side))?;
    if rows(output) != total || row.checked_mul(total)? != output.data.len() {
        return None;
    }
    let mut left = output.data.as_slice();
    let part = |count: &usize| {
        let (data, rest) = left.split_at_checked(count.checked_mul(row)?)?;
        left = rest;
        let mut shape = output.shape.clone();
        *shape.first_mut()? = *count;
        Some(Tensor { shape, data: data.to_vec() })
    };
    counts.iter().map(part).collect()
}
