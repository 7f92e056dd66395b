//! The reading network: which input it takes, how its output is decoded, and crops run in batches.

use ovr_domain::port::{Inference, InferenceError, ModelInfo, Tensor};
use ovr_domain::{Digest, Quad, RgbImage};

use super::alphabet::{self, Alphabet, Row};
use super::ctc::Steps;
use super::lattice::Evidence;
use super::rectify::{self, Channels, Crop};
use super::slots::Slots;
use crate::infer::shape_text;

/// Widest crop that a network with a free width gets, in pixels.
const WIDTH_MAX: u32 = 640;

/// Crops whose width rounds up to the same multiple run in one batch.
const WIDTH_STEP: u32 = 32;

/// Most crops in one batch.
const BATCH_MAX: usize = 16;

/// Largest batch that a network may demand; what is not filled of it costs time and memory all the same.
const BATCH_FIXED_MAX: usize = 64;

/// Most steps or slots of an output: a network gives one for each column of its input at the most, and each costs time
/// in every search for texts.
const STEPS_MAX: usize = 2_048;

/// Largest side of a network's fixed input, in pixels.
const SIDE_MAX: usize = 2_048;

/// Metadata key that holds the characters, one a line.
const CHARACTERS_KEY: &str = "character";

/// Metadata key that says how the output is decoded.
const DECODER_KEY: &str = "decoder";

/// How an output becomes texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decoder {
    /// Steps of a sequence: blank first, repeats merged (Graves et al. 2006).
    Ctc,
    /// One distribution a character: empty first.
    Slots,
}

/// Which input the network takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    channels: Channels,
    height: u32,
    /// Nothing when the width is free.
    width: Option<u32>,
    /// Nothing when the batch is free.
    batch: Option<usize>,
}

/// A reading network: `[batch, 3 or 1, height, width or free]`, values from -1 to 1, in; `[batch, steps or slots, classes]`
/// probabilities out.
pub(super) struct ReadingNetwork {
    network: Box<dyn Inference>,
    alphabet: Alphabet,
    decoder: Decoder,
    form: Form,
}

impl ReadingNetwork {
    /// Tells decoder, characters and input from the model.
    pub(super) fn new(network: Box<dyn Inference>) -> Result<Self, InferenceError> {
        let info = network.info();
        let refuse = |reason: String| InferenceError::Layout { model: info.name.clone(), reason };
        let decoder = match info.metadata.get(DECODER_KEY).map(String::as_str) {
            None | Some("ctc") => Decoder::Ctc,
            Some("slots") => Decoder::Slots,
            Some(other) => {
                return Err(refuse(format!(
                    "its metadata key `{DECODER_KEY}` is {other:?}; expected `ctc` or `slots`"
                )));
            }
        };
        let lines = info.metadata.get(CHARACTERS_KEY).ok_or_else(|| {
            refuse(format!("its metadata has no key `{CHARACTERS_KEY}`; expected the characters, one a line"))
        })?;
        let alphabet = alphabet_of(lines, decoder, info)?;
        let form = form_of(info).map_err(refuse)?;
        // A network of lines was trained on texts of any kind.
        let alphabet = if form.width.is_none() { alphabet.lending() } else { alphabet };
        Ok(Self { network, alphabet, decoder, form })
    }

    /// The same that asks the same network in another way.
    pub(super) fn asking(&self, network: Box<dyn Inference>) -> Self {
        Self { network, alphabet: self.alphabet.clone(), decoder: self.decoder, form: self.form }
    }

    /// Whether it takes single lines of text at any width; else it takes whole plates, all their lines in one crop.
    pub(super) fn reads_lines(&self) -> bool {
        self.form.width.is_none()
    }

    /// The weights.
    pub(super) fn digest(&self) -> Digest {
        self.network.info().digest.clone()
    }

    /// Cuts out what the network wants to see; nothing when the quad has no area.
    pub(super) fn cut(&self, image: &RgbImage, quad: &Quad) -> Option<Crop> {
        let Form { channels, height, width, .. } = self.form;
        match width {
            None => rectify::strip(image, quad, height, WIDTH_MAX, channels),
            Some(width) => rectify::stretched(image, quad, (width, height), channels),
        }
    }

    /// Runs the network on crops that [`cut`](Self::cut) made; one answer for each, in their order.
    pub(super) fn see(&mut self, crops: &[Crop]) -> Result<Vec<Evidence>, InferenceError> {
        let mut order: Vec<(u32, usize)> = crops
            .iter()
            .enumerate()
            .map(|(at, crop)| (self.form.width.unwrap_or(crop.width.next_multiple_of(WIDTH_STEP)), at))
            .collect();
        order.sort_unstable();
        let mut seen: Vec<Option<Evidence>> = vec![None; crops.len()];
        let size = self.form.batch.unwrap_or(BATCH_MAX).clamp(1, BATCH_MAX);
        for same_width in order.chunk_by(|a, b| a.0 == b.0) {
            for batch in same_width.chunks(size) {
                let width = batch.first().map_or(WIDTH_STEP, |(width, _)| *width);
                let members: Vec<&Crop> = batch.iter().filter_map(|(_, at)| crops.get(*at)).collect();
                let answers = self.run(&members, width)?;
                for ((_, at), answer) in batch.iter().zip(answers) {
                    if let Some(slot) = seen.get_mut(*at) {
                        *slot = Some(answer);
                    }
                }
            }
        }
        let complete: Option<Vec<Evidence>> = seen.into_iter().collect();
        complete.ok_or_else(|| self.failed("it answered fewer crops than it was given".to_owned()))
    }

    fn failed(&self, reason: String) -> InferenceError {
        InferenceError::Run { model: self.network.info().name.clone(), reason }
    }

    /// One batch of crops, each padded with gray to `width`.
    fn run(&mut self, crops: &[&Crop], width: u32) -> Result<Vec<Evidence>, InferenceError> {
        let count = self.form.batch.unwrap_or(crops.len()).max(crops.len());
        let (channels, height) = (self.form.channels.count(), self.form.height as usize);
        let mut data = vec![0.0; count * channels * height * width as usize];
        for (crop, out) in crops.iter().zip(data.chunks_exact_mut(channels * height * width as usize)) {
            fill(crop, channels, width as usize, out);
        }
        let input = Tensor { shape: vec![count, channels, height, width as usize], data };
        let outputs = self.network.run(&input)?;
        let Some(output) = outputs.first() else {
            return Err(self.failed("it gave no output".to_owned()));
        };
        let &[batch, steps, classes] = output.shape.as_slice() else {
            return Err(
                self.failed(format!("the output has shape {:?}; expected three dimensions", output.shape))
            );
        };
        let is_whole = batch.checked_mul(steps).and_then(|rows| rows.checked_mul(classes));
        if batch < crops.len()
            || !(1..=STEPS_MAX).contains(&steps)
            || classes != self.alphabet.len()
            || is_whole != Some(output.data.len())
        {
            return Err(self.failed(format!(
                "the output has shape {:?} and {} values; expected [{count}, 1 to {STEPS_MAX}, {}]",
                output.shape,
                output.data.len(),
                self.alphabet.len()
            )));
        }
        Ok(output
            .data
            .chunks_exact(steps * classes)
            .take(crops.len())
            .map(|rows| self.decode(rows, classes))
            .collect())
    }

    /// One crop's answer.
    fn decode(&self, probabilities: &[f32], classes: usize) -> Evidence {
        let rows: Vec<Row> =
            probabilities.chunks_exact(classes).map(|step| self.alphabet.fold_row(step)).collect();
        match self.decoder {
            Decoder::Ctc => Evidence::Ctc(Steps::new(rows)),
            Decoder::Slots => Evidence::Slots(Slots::new(rows)),
        }
    }
}

/// The characters, with PP-OCR's space behind them when the output has one class more.
fn alphabet_of(lines: &str, decoder: Decoder, info: &ModelInfo) -> Result<Alphabet, InferenceError> {
    let classes = info.outputs.first().and_then(|output| output.shape.last().copied()).flatten();
    let spaced = alphabet::Alphabet::from_lines(lines);
    let plain = spaced.without_last();
    let alphabet = match (decoder, classes) {
        (Decoder::Ctc, None) => spaced,
        (Decoder::Ctc, Some(classes)) if classes == spaced.len() => spaced,
        _ => plain,
    };
    classes.map_or(Ok(()), |classes| alphabet.check(&info.name, classes))?;
    Ok(alphabet)
}

/// The input from its declared shape.
fn form_of(info: &ModelInfo) -> Result<Form, String> {
    let shape = info.inputs.first().map(|spec| spec.shape.as_slice()).unwrap_or_default();
    let expected = || {
        format!(
            "the input has shape {}; expected [batch, 1 or 3, height, width or free]: a batch of at most \
             {BATCH_FIXED_MAX} or a free one, sides of 8 to {SIDE_MAX} pixels",
            shape_text(shape)
        )
    };
    let &[batch, channels, height, width] = shape else {
        return Err(expected());
    };
    let height = height.filter(|height| (8..=SIDE_MAX).contains(height)).ok_or_else(expected)?;
    let sane_width = width.is_none_or(|width| (8..=SIDE_MAX).contains(&width));
    let sane_batch = batch.is_none_or(|batch| (1..=BATCH_FIXED_MAX).contains(&batch));
    let channels = match channels {
        None | Some(3) => Channels::Rgb,
        Some(1) => Channels::Luma,
        Some(_) => return Err(expected()),
    };
    if !sane_width || !sane_batch {
        return Err(expected());
    }
    Ok(Form { channels, height: height as u32, width: width.map(|width| width as u32), batch })
}

/// Writes a crop into its part of the input, values from -1 to 1; what it does not cover stays 0.
fn fill(crop: &Crop, channels: usize, width: usize, out: &mut [f32]) {
    let own = crop.width as usize * channels;
    let plane = crop.height as usize * width;
    for (channel, plane) in out.chunks_exact_mut(plane.max(1)).enumerate() {
        let rows = crop.data.chunks_exact(own.max(1));
        for (line, row) in plane.chunks_exact_mut(width.max(1)).zip(rows) {
            let samples = row.iter().skip(channel).step_by(channels.max(1));
            line.iter_mut().zip(samples).for_each(|(value, &sample)| *value = scaled(sample));
        }
    }
}

/// A byte as a value from -1 to 1.
fn scaled(sample: u8) -> f32 {
    f32::from(sample) / 127.5 - 1.0
}

#[cfg(test)]
mod tests {
    use super::super::alphabet::text;
    use super::super::lattice::{Line, conclude};
    use super::*;
    use crate::infer::Recorded;
    use ovr_domain::BBox;

    const FREE: [Option<usize>; 4] = [None, Some(3), Some(48), None];

    /// Rows with one certain class each.
    fn certain(classes: usize, chosen: &[usize]) -> Tensor {
        let mut data = vec![0.0; classes * chosen.len()];
        for (row, &class) in data.chunks_exact_mut(classes).zip(chosen) {
            row[class] = 1.0;
        }
        Tensor { shape: vec![1, chosen.len(), classes], data }
    }

    fn read(network: &mut ReadingNetwork) -> String {
        let image = RgbImage::filled(100, 50, [90; 3]);
        let crop = network.cut(&image, &BBox::new(0.0, 0.0, 100.0, 30.0).quad()).unwrap();
        let line = Line { views: network.see(&[crop]).unwrap() };
        conclude(&[&line]).map(|reading| text(&reading.text)).unwrap_or_default()
    }

    #[test]
    fn ctc_is_told_from_the_character_list_with_its_space() {
        // Classes: blank, A, B, 7, -, space.
        let answer = certain(6, &[1, 1, 0, 1, 4, 2, 5, 3]);
        let model = Recorded::new("ctc", &FREE, &[("character", "A\nB\n7\n-")], vec![vec![answer]]);
        let mut network = ReadingNetwork::new(Box::new(model)).unwrap();
        assert_eq!(network.decoder, Decoder::Ctc);
        assert!(network.reads_lines());
        assert_eq!(read(&mut network), "AAB7");
    }

    #[test]
    fn slots_are_told_from_the_metadata_and_repeats_stay() {
        let answer = certain(4, &[1, 1, 2, 3, 0, 0]);
        let metadata = [("decoder", "slots"), ("character", "A\nB\n7")];
        let fixed = [Some(1), Some(1), Some(32), Some(128)];
        let model = Recorded::new("slots", &fixed, &metadata, vec![vec![answer]]);
        let mut network = ReadingNetwork::new(Box::new(model)).unwrap();
        assert_eq!(network.decoder, Decoder::Slots);
        assert!(!network.reads_lines());
        assert_eq!(read(&mut network), "AAB7");
    }

    #[test]
    fn a_reader_of_plates_gets_the_whole_plate_in_gray_and_its_probabilities_stand() {
        let mut answer = certain(3, &[1, 0, 2, 0]);
        answer.data[..3].copy_from_slice(&[0.1, 0.7, 0.2]);
        let fixed = [None, Some(1), Some(64), Some(160)];
        let model = Recorded::new("plates", &fixed, &[("character", "O\n0")], vec![vec![answer]]);
        let mut network = ReadingNetwork::new(Box::new(model)).unwrap();
        let image = RgbImage::filled(90, 60, [90; 3]);
        let crop = network.cut(&image, &BBox::new(10.0, 10.0, 70.0, 50.0).quad()).unwrap();
        assert_eq!((crop.width, crop.height), (160, 64));
        let seen = network.see(&[crop]).unwrap();
        let read: Vec<u8> = "O0".chars().filter_map(alphabet::symbol).collect();
        assert!((seen[0].score(&read).exp() - 0.7).abs() < 1e-3);
    }

    #[test]
    fn models_that_are_no_readers_are_refused_with_what_is_missing() {
        let refused = |input: &[Option<usize>], metadata: &[(&str, &str)]| {
            let model = Recorded::new("m.onnx", input, metadata, vec![vec![certain(6, &[1])]]);
            ReadingNetwork::new(Box::new(model)).map(|_| ()).unwrap_err().to_string()
        };
        assert!(refused(&FREE, &[]).contains("`character`"));
        assert!(refused(&FREE, &[("character", "A\nB")]).contains("6 classes"));
        assert!(refused(&FREE, &[("character", "A"), ("decoder", "magic")]).contains("magic"));
        assert!(
            refused(&[None, Some(4), Some(48), None], &[("character", "A\nB\nC\nD")])
                .contains("[?, 4, 48, ?]; expected [batch")
        );
        for batch in [0, 1 << 40] {
            let input = [Some(batch), Some(3), Some(48), None];
            assert!(refused(&input, &[("character", "A\nB\nC\nD")]).contains("at most 64"));
        }
    }

    #[test]
    fn answers_of_another_shape_are_errors() {
        let other = Tensor { shape: vec![1, 6], data: vec![0.0; 6] };
        let endless = certain(6, &vec![0; STEPS_MAX + 1]);
        let huge = Tensor { shape: vec![usize::MAX, 2, 6], data: Vec::new() };
        let answers = vec![vec![certain(6, &[1])], vec![other], vec![endless], vec![huge], vec![]];
        let model = Recorded::new("m", &FREE, &[("character", "A\nB\n7\n-")], answers);
        let mut network = ReadingNetwork::new(Box::new(model)).unwrap();
        let crop = Crop { width: 96, height: 48, data: vec![0; 96 * 48 * 3] };
        assert!(network.see(std::slice::from_ref(&crop)).is_ok());
        assert!(network.see(std::slice::from_ref(&crop)).unwrap_err().to_string().contains("[1, 6]"));
        assert!(network.see(std::slice::from_ref(&crop)).unwrap_err().to_string().contains("1 to 2048"));
        assert!(network.see(std::slice::from_ref(&crop)).unwrap_err().to_string().contains("0 values"));
        assert!(network.see(&[crop]).unwrap_err().to_string().contains("no output"));
    }

    #[test]
    fn pixels_are_scaled_and_the_rest_is_gray() {
        let crop = Crop { width: 2, height: 1, data: vec![0, 255, 0, 0, 255, 51] };
        let mut out = vec![0.0; 9];
        fill(&crop, 3, 3, &mut out);
        let expected = [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0, -1.0, -0.6, 0.0];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
        let gray = Crop { width: 2, height: 2, data: vec![0, 255, 51, 0] };
        let mut out = vec![0.0; 6];
        fill(&gray, 1, 3, &mut out);
        let expected = [-1.0, 1.0, 0.0, -0.6, -1.0, 0.0];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
    }
}
