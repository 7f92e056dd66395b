//! Sampling of planes: separable area averaging (bilinear where it enlarges) in fixed point.
//!
//! Every output row is made in two passes. The first adds the input rows that the output row covers, each with its
//! share of the area times 256, into 16-bit sums; the second adds the columns likewise. The shares of one output pixel
//! add up to exactly 256 in each direction, so a sum never exceeds 255 * 256 in the first pass and 255 * 65536 in
//! the second. Colour is converted after sampling, at the network's size, not the picture's.

#![expect(
    clippy::indexing_slicing,
    reason = "pixel loops; tables are built for the plane sizes that Picture::new has checked"
)]

use ovr_domain::pixels::{Conversion, Picture, PixelLayout, Plane};

use super::letterbox::Placement;

/// Shares of one whole pixel.
const ONE: u16 = 256;

/// For each output position the input positions that it covers, and their shares.
#[derive(Debug, PartialEq, Eq)]
struct Taps {
    /// First input position of each output position; `first + count` never passes the end of the input.
    first: Vec<usize>,
    /// Input positions for each output position.
    count: usize,
    /// `count` shares for each output position, adding up to [`ONE`].
    shares: Vec<u16>,
}

impl Taps {
    /// `outputs` positions, each `step` input positions wide, over an input of `inputs` positions.
    fn new(outputs: usize, step: f64, inputs: usize) -> Self {
        let lists: Vec<(usize, Vec<u16>)> = (0..outputs)
            .map(|i| if step < 1.0 { between(i, step, inputs) } else { covered(i, step, inputs) })
            .collect();
        let longest = lists.iter().map(|(_, list)| list.len()).max().unwrap_or(1);
        let count = longest.clamp(1, inputs.max(1));
        let mut first = Vec::with_capacity(outputs);
        let mut shares = Vec::with_capacity(outputs * count);
        for (start, list) in lists {
            // The last windows are moved back so that they end with the input.
            let moved = start.min(inputs - count);
            let lead = start - moved;
            first.push(moved);
            shares.extend((0..count).map(|k| {
                let at = k.checked_sub(lead);
                at.and_then(|at| list.get(at)).copied().unwrap_or(0)
            }));
        }
        Self { first, count, shares }
    }

    /// The window of one output position.
    fn at(&self, position: usize) -> (usize, &[u16]) {
        let start = position * self.count;
        (self.first[position], &self.shares[start..start + self.count])
    }
}

/// Input positions under output position `i` and the share of each, for `step` of at least 1.
fn covered(i: usize, step: f64, inputs: usize) -> (usize, Vec<u16>) {
    // A sliver this small would cost a tap and weigh nothing.
    const SLIVER: f64 = 1e-6;
    let begin = i as f64 * step;
    let end = ((i + 1) as f64 * step).min(inputs as f64);
    let first = ((begin + SLIVER) as usize).min(inputs - 1);
    let last = ((end - SLIVER) as usize).clamp(first, inputs - 1);
    // Rounding the running sum, not each share, makes the shares add up exactly.
    let running = |position: usize| {
        let done = ((position + 1) as f64).min(end) - begin;
        (f64::from(ONE) * (done / (end - begin)).clamp(0.0, 1.0)).round() as u16
    };
    let mut before = 0;
    let mut shares: Vec<u16> = Vec::with_capacity(last - first + 1);
    for position in first..=last {
        let sum = if position == last { ONE } else { running(position) };
        shares.push(sum - before);
        before = sum;
    }
    (first, shares)
}

/// The two input positions beside the middle of output position `i`, for `step` below 1.
fn between(i: usize, step: f64, inputs: usize) -> (usize, Vec<u16>) {
    let middle = ((i as f64 + 0.5) * step - 0.5).clamp(0.0, (inputs - 1) as f64);
    let first = middle as usize;
    if first + 1 >= inputs {
        return (first, vec![ONE]);
    }
    let right = ((middle - first as f64) * f64::from(ONE)).round() as u16;
    (first, vec![ONE - right, right])
}

/// Samples one plane, whose samples may be interleaved.
#[derive(Debug)]
struct PlaneSampler {
    rows: Taps,
    columns: Taps,
    /// Row sums as they lie in the plane.
    sums: Vec<u16>,
    /// Row sums of one channel, where several are interleaved.
    channel: Vec<u16>,
}

impl PlaneSampler {
    /// A plane of `size` samples across and down with `interleaved` channels, `step` samples for an output pixel.
    fn new(outputs: (usize, usize), step: (f64, f64), size: (usize, usize), interleaved: usize) -> Self {
        Self {
            rows: Taps::new(outputs.1, step.1, size.1),
            columns: Taps::new(outputs.0, step.0, size.0),
            sums: vec![0; size.0 * interleaved],
            channel: vec![0; size.0],
        }
    }

    /// First pass: adds the input rows of output row `row`.
    fn add_rows(&mut self, plane: Plane<'_>, row: usize) {
        let (first, shares) = self.rows.at(row);
        let bytes = self.sums.len();
        let line = |k: usize| &plane.data[(first + k) * plane.stride..][..bytes];
        // Wrapping, because checked additions would not vectorise; the module's head says why none wraps.
        let weigh = |share: u16, sample: u8| share.wrapping_mul(u16::from(sample));
        match *shares {
            [a] => set(&mut self.sums, line(0), |x| weigh(a, x)),
            [a, b] => {
                for ((sum, &x), &y) in self.sums.iter_mut().zip(line(0)).zip(line(1)) {
                    *sum = weigh(a, x).wrapping_add(weigh(b, y));
                }
            }
            [a, b, c] => {
                for (((sum, &x), &y), &z) in self.sums.iter_mut().zip(line(0)).zip(line(1)).zip(line(2)) {
                    *sum = weigh(a, x).wrapping_add(weigh(b, y)).wrapping_add(weigh(c, z));
                }
            }
            _ => {
                self.sums.fill(0);
                for (k, &share) in shares.iter().enumerate().filter(|(_, share)| **share > 0) {
                    for (sum, &x) in self.sums.iter_mut().zip(line(k)) {
                        *sum = sum.wrapping_add(weigh(share, x));
                    }
                }
            }
        }
    }

    /// Second pass over a plane of one channel; `out` are samples times 65536.
    fn add_columns(&self, out: &mut [f32]) {
        add_columns(&self.sums, &self.columns, out);
    }

    /// Second pass over channel `channel` of `INTERLEAVED`.
    fn add_columns_of<const INTERLEAVED: usize>(&mut self, channel: usize, out: &mut [f32]) {
        let (groups, _) = self.sums.as_chunks::<INTERLEAVED>();
        for (sum, group) in self.channel.iter_mut().zip(groups) {
            *sum = group[channel];
        }
        add_columns(&self.channel, &self.columns, out);
    }
}

/// Sets each sum from the sample beside it.
fn set(sums: &mut [u16], line: &[u8], value: impl Fn(u8) -> u16) {
    for (sum, &sample) in sums.iter_mut().zip(line) {
        *sum = value(sample);
    }
}

/// Adds columns; the usual numbers of them are known to the compiler.
fn add_columns(sums: &[u16], taps: &Taps, out: &mut [f32]) {
    match taps.count {
        1 => add_windows::<1>(sums, taps, out),
        2 => add_windows::<2>(sums, taps, out),
        3 => add_windows::<3>(sums, taps, out),
        4 => add_windows::<4>(sums, taps, out),
        count => {
            let windows = taps.shares.chunks_exact(count);
            for ((out, &first), shares) in out.iter_mut().zip(&taps.first).zip(windows) {
                *out = weigh(&sums[first..first + count], shares);
            }
        }
    }
}

/// The same for windows of `COUNT` columns.
fn add_windows<const COUNT: usize>(sums: &[u16], taps: &Taps, out: &mut [f32]) {
    let (windows, _) = taps.shares.as_chunks::<COUNT>();
    for ((out, &first), shares) in out.iter_mut().zip(&taps.first).zip(windows) {
        *out = weigh(&sums[first..first.wrapping_add(COUNT)], shares);
    }
}

/// Weighs 16-bit sums by their shares: at most 255 * 65536, which a float holds to a 256th of a level.
#[inline]
fn weigh(sums: &[u16], shares: &[u16]) -> f32 {
    let products = sums.iter().zip(shares);
    let sum = products.fold(0_i32, |sum, (&value, &share)| {
        sum.wrapping_add(i32::from(value).wrapping_mul(i32::from(share)))
    });
    sum as f32
}

/// How sampled values become values of one plane of the input: a weighted sum of the three lines, held between the
/// values of black and white.
#[derive(Debug, Clone, Copy)]
struct Mix {
    weights: [f32; 3],
    offset: f32,
    low: f32,
    high: f32,
}

/// How sampled values become values of the input's planes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Colouring {
    planes: [Mix; 3],
}

impl Colouring {
    /// By the picture's matrix and range; `channels` are those that stand in the input's planes (0 red, 1 green,
    /// 2 blue), `affine` their factors and summands.
    pub(super) fn new(picture: &Picture, channels: [usize; 3], affine: [(f32, f32); 3]) -> Self {
        let (matrix, range) = picture.colour();
        let conversion = Conversion::new(matrix, range);
        let part = |value: i32| value as f32 / 256.0;
        let luma = part(conversion.luma);
        let chroma = [
            (0.0, part(conversion.red_v)),
            (part(conversion.green_u), part(conversion.green_v)),
            (part(conversion.blue_u), 0.0),
        ];
        let is_rgb = picture.layout() == PixelLayout::Rgb;
        let planes = std::array::from_fn(|plane| {
            let (channel, (factor, summand)) = (channels[plane], affine[plane]);
            let (weights, offset) = if is_rgb {
                (std::array::from_fn(|line| if line == channel { 1.0 } else { 0.0 }), 0.0)
            } else {
                let (u, v) = chroma[channel];
                let offset = -luma * conversion.luma_offset as f32 - 128.0 * (u + v);
                ([luma, u, v], offset)
            };
            let (black, white) = (summand, 255.0 * factor + summand);
            Mix {
                weights: weights.map(|weight: f32| weight * factor / 65_536.0),
                offset: offset * factor + summand,
                low: black.min(white),
                high: black.max(white),
            }
        });
        Self { planes }
    }
}

/// Samples pictures of one layout and size.
#[derive(Debug)]
pub(super) struct Sampler {
    /// Luma, or packed RGB.
    first: PlaneSampler,
    /// One for each chroma plane.
    chroma: Vec<PlaneSampler>,
    /// The sampled lines Y, U, V or R, G, B, times 65536.
    lines: [Vec<f32>; 3],
}

impl Sampler {
    /// For pictures of this layout that lie in the input as `placement` says.
    pub(super) fn new(layout: PixelLayout, placement: &Placement) -> Self {
        let outputs = (placement.width as usize, placement.height as usize);
        let size = (placement.picture.0 as usize, placement.picture.1 as usize);
        let step = (size.0 as f64 / outputs.0 as f64, size.1 as f64 / outputs.1 as f64);
        let half = (size.0.div_ceil(2), size.1.div_ceil(2));
        let half_step = (step.0 / 2.0, step.1 / 2.0);
        let chroma = |interleaved| PlaneSampler::new(outputs, half_step, half, interleaved);
        let (channels, chroma) = match layout {
            PixelLayout::I420 => (1, vec![chroma(1), chroma(1)]),
            PixelLayout::Nv12 => (1, vec![chroma(2)]),
            PixelLayout::Rgb => (3, Vec::new()),
        };
        Self {
            first: PlaneSampler::new(outputs, step, size, channels),
            chroma,
            lines: std::array::from_fn(|_| vec![0.0; outputs.0]),
        }
    }

    /// Makes output row `row`; `out` are the parts of the three planes' rows that the picture covers.
    pub(super) fn row(&mut self, picture: &Picture, row: usize, colouring: &Colouring, out: [&mut [f32]; 3]) {
        let [a, b, c] = &mut self.lines;
        self.first.add_rows(picture.plane(0), row);
        match self.chroma.as_mut_slice() {
            [u, v] => {
                self.first.add_columns(a);
                u.add_rows(picture.plane(1), row);
                u.add_columns(b);
                v.add_rows(picture.plane(2), row);
                v.add_columns(c);
            }
            [uv] => {
                self.first.add_columns(a);
                uv.add_rows(picture.plane(1), row);
                uv.add_columns_of::<2>(0, b);
                uv.add_columns_of::<2>(1, c);
            }
            _ => {
                self.first.add_columns_of::<3>(0, a);
                self.first.add_columns_of::<3>(1, b);
                self.first.add_columns_of::<3>(2, c);
            }
        }
        for (mix, out) in colouring.planes.iter().zip(out) {
            let [by_a, by_b, by_c] = mix.weights;
            for (((out, &x), &y), &z) in out.iter_mut().zip(&*a).zip(&*b).zip(&*c) {
                let value = by_a * x + by_b * y + by_c * z + mix.offset;
                // Comparisons, because `max` and `min` take care of NaN and cost twice the instructions.
                let value = if value > mix.low { value } else { mix.low };
                *out = if value < mix.high { value } else { mix.high };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_add_up_and_stay_inside(outputs in 1_usize..200, inputs in 1_usize..3_000) {
            for step in [inputs as f64 / outputs as f64, inputs as f64 / outputs as f64 / 2.0] {
                let taps = Taps::new(outputs, step, inputs);
                for i in 0..outputs {
                    let (first, shares) = taps.at(i);
                    prop_assert_eq!(shares.iter().sum::<u16>(), ONE);
                    prop_assert!(first + shares.len() <= inputs);
                }
            }
        }
    }

    #[test]
    fn a_third_takes_three_equal_columns_and_two_thirds_share_the_middle_one() {
        assert_eq!(Taps::new(2, 3.0, 6).shares, [85, 86, 85, 85, 86, 85]);
        assert_eq!(Taps::new(2, 1.5, 3).shares, [171, 85, 85, 171]);
        assert_eq!(Taps::new(4, 0.5, 2).first, [0, 0, 0, 0]);
    }
}
