//! How a YOLO network writes its output, told from its shape and metadata.
//!
//! A network with an input of W x H pixels has one cell for each 8x8, 16x16 and 32x32 pixels, `cells` in all (with
//! variants that add 4x4 or 64x64). With `nc` classes and N rows the layouts are:
//!
//! | layout | shape | N | a row |
//! |---|---|---|---|
//! | [`Layout::YoloV8`] | `[1, 4 + nc, N]` | cells | cx cy w h in pixels, class scores (column by column) |
//! | [`Layout::YoloV5`] | `[1, N, 5 + nc]` | 3 cells | cx cy w h in pixels, objectness, class scores |
//! | [`Layout::Yolox`] | `[1, N, 5 + nc]` | cells | offset to the cell, log size, objectness, class scores |
//! | [`Layout::EndToEnd`] | `[1, N, 6]` | any, at most 1000 | x1 y1 x2 y2 in pixels, score, class index |
//!
//! A network of one class makes some of these look alike; what N and the metadata do not decide is refused, and the
//! configuration has to say it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classes::CLASSES_MAX;

/// Most rows of an end-to-end output; exporters write 100 to 300.
const END_TO_END_ROWS_MAX: usize = 1_000;

/// Strides that networks have: the usual three, and those with a finer or a coarser level.
pub(super) const STRIDES: [&[usize]; 3] = [&[8, 16, 32], &[8, 16, 32, 64], &[4, 8, 16, 32]];

/// How an output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Ultralytics YOLOv8 and YOLO11: `[1, 4 + nc, N]`.
    #[serde(rename = "yolov8")]
    YoloV8,
    /// YOLOv5, YOLOv7, and as an explicit choice YOLOv6: `[1, N, 5 + nc]`, boxes in pixels.
    #[serde(rename = "yolov5")]
    YoloV5,
    /// YOLOX without its decoder: `[1, N, 5 + nc]`, boxes relative to the grid (Ge et al. 2021).
    Yolox,
    /// Suppression inside the network: `[1, N, 6]`.
    EndToEnd,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::YoloV8 => "yolov8",
            Self::YoloV5 => "yolov5",
            Self::Yolox => "yolox",
            Self::EndToEnd => "end_to_end",
        })
    }
}

/// What is known of a model when its layout is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    /// Shape of the first output.
    pub(super) shape: &'a [usize],
    /// Width and height of the input.
    pub(super) input: (u32, u32),
    /// Classes by the metadata.
    pub(super) class_count: Option<usize>,
}

/// Cells of an input for these strides.
pub(super) fn cells(input: (u32, u32), strides: &[usize]) -> usize {
    let (width, height) = (input.0 as usize, input.1 as usize);
    strides.iter().map(|s| (width / s) * (height / s)).sum()
}

/// The strides whose cells are `count`.
pub(super) fn strides_of(input: (u32, u32), count: usize) -> Option<&'static [usize]> {
    STRIDES.into_iter().find(|strides| cells(input, strides) == count && count > 0)
}

/// Shape, without the leading 1, that an output which has `shape` for an input of `input` pixels has for one of `other`
/// pixels. Nothing when the rows of `shape` do not come from its cells.
pub(super) fn shape_at(
    layout: Layout,
    shape: (usize, usize),
    input: (u32, u32),
    other: (u32, u32),
) -> Option<(usize, usize)> {
    let (a, b) = shape;
    match layout {
        Layout::YoloV8 => Some((a, cells(other, strides_of(input, b)?))),
        Layout::Yolox => Some((cells(other, strides_of(input, a)?), b)),
        Layout::YoloV5 => Some((3 * cells(other, strides_of(input, a / 3)?), b)),
        Layout::EndToEnd => Some(shape),
    }
}

impl Evidence<'_> {
    /// The layout; the configured one when it fits, else the only one that fits. An error says what was found and
    /// what would be right.
    pub(super) fn layout(&self, configured: Option<Layout>) -> Result<Layout, String> {
        let all = [Layout::YoloV8, Layout::YoloV5, Layout::Yolox, Layout::EndToEnd];
        if let Some(layout) = configured {
            if self.classes(layout).is_some() {
                return Ok(layout);
            }
            return Err(format!(
                "the output has {}, which is not {layout}; expected {}",
                self.found(),
                self.expected()
            ));
        }
        let fitting: Vec<Layout> = all.into_iter().filter(|&layout| self.fits(layout)).collect();
        match fitting.as_slice() {
            [layout] => Ok(*layout),
            [] => Err(format!("the output has {}; expected {}", self.found(), self.expected())),
            several => {
                let names: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(format!(
                    "the output has {}, which may be {}; expected a 'layout' in the detector's configuration",
                    self.found(),
                    names.join(" or ")
                ))
            }
        }
    }

    /// Classes that a row has room for in this layout; nothing when the shape cannot be it. YOLOv5 and end-to-end
    /// outputs that are configured may have any number of rows.
    pub(super) fn classes(&self, layout: Layout) -> Option<usize> {
        let &[1, a, b] = self.shape else {
            return None;
        };
        let (rows, count) = match layout {
            Layout::YoloV8 => {
                strides_of(self.input, b)?;
                (b, a.checked_sub(4)?)
            }
            Layout::YoloV5 => (a, b.checked_sub(5)?),
            Layout::Yolox => {
                strides_of(self.input, a)?;
                (a, b.checked_sub(5)?)
            }
            Layout::EndToEnd if b == 6 => (a, CLASSES_MAX),
            Layout::EndToEnd => return None,
        };
        let told = layout == Layout::EndToEnd || self.class_count.is_none_or(|known| known == count);
        (told && rows > 0 && (1..=CLASSES_MAX).contains(&count)).then_some(count)
    }

    /// Whether the shape is what this layout usually has.
    fn fits(&self, layout: Layout) -> bool {
        let (Some(_), &[_, a, _]) = (self.classes(layout), self.shape) else {
            return false;
        };
        match layout {
            Layout::YoloV8 | Layout::Yolox => true,
            Layout::YoloV5 => a % 3 == 0 && strides_of(self.input, a / 3).is_some(),
            Layout::EndToEnd => a <= END_TO_END_ROWS_MAX,
        }
    }

    /// What the model shows, for messages.
    fn found(&self) -> String {
        let (width, height) = self.input;
        let classes = self.class_count.map(|count| format!(" and {count} classes in its metadata"));
        let shape = self.shape;
        format!("shape {shape:?} for an input of {width}x{height} pixels{}", classes.unwrap_or_default())
    }

    /// What would be right for this input, for messages.
    fn expected(&self) -> String {
        let cells = cells(self.input, &[8, 16, 32]);
        let nc = self.class_count.map_or_else(|| "classes".to_owned(), |count| count.to_string());
        format!(
            "yolov8 [1, 4+{nc}, {cells}], yolov5 [1, {}, 5+{nc}], yolox [1, {cells}, 5+{nc}] or end_to_end [1, N, 6]",
            cells * 3
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(shape: &[usize], input: (u32, u32), class_count: Option<usize>) -> Result<Layout, String> {
        let evidence = Evidence { shape, input, class_count };
        evidence.layout(None)
    }

    #[test]
    fn published_exports_are_told_apart() {
        let square = (640, 640);
        assert_eq!(told(&[1, 84, 8400], square, Some(80)), Ok(Layout::YoloV8));
        assert_eq!(told(&[1, 84, 8400], square, None), Ok(Layout::YoloV8));
        assert_eq!(told(&[1, 25200, 85], square, Some(80)), Ok(Layout::YoloV5));
        assert_eq!(told(&[1, 8400, 85], square, None), Ok(Layout::Yolox));
        assert_eq!(told(&[1, 3549, 85], (416, 416), None), Ok(Layout::Yolox));
        assert_eq!(told(&[1, 300, 6], square, Some(80)), Ok(Layout::EndToEnd));
        assert_eq!(told(&[1, 5, 5040], (640, 384), None), Ok(Layout::YoloV8));
        // One class: six columns, but the rows say that it is no end-to-end output.
        assert_eq!(told(&[1, 25200, 6], square, None), Ok(Layout::YoloV5));
        // Four levels, as the large-input variants have them.
        assert_eq!(told(&[1, 84, 34000], (1280, 1280), None), Ok(Layout::YoloV8));
    }

    #[test]
    fn an_unknown_shape_is_refused_with_what_would_be_right() {
        for shape in [&[1, 84, 8401][..], &[2, 84, 8400], &[1, 1000], &[1, 3, 640, 640], &[1, 4, 8400]] {
            let message = told(shape, (640, 640), None).unwrap_err();
            assert!(message.contains("expected yolov8 [1, 4+classes, 8400]"), "{message}");
        }
        let message = told(&[1, 84, 8400], (640, 640), Some(3)).unwrap_err();
        assert!(message.contains("3 classes in its metadata"), "{message}");
    }

    #[test]
    fn the_shape_for_another_input_follows_from_its_cells() {
        let at = |layout, shape, other| shape_at(layout, shape, (640, 384), other);
        assert_eq!(at(Layout::YoloV8, (9, 5_040), (416, 416)), Some((9, 3_549)));
        assert_eq!(at(Layout::Yolox, (5_040, 85), (416, 416)), Some((3_549, 85)));
        assert_eq!(at(Layout::YoloV5, (15_120, 85), (416, 416)), Some((10_647, 85)));
        assert_eq!(at(Layout::EndToEnd, (300, 6), (416, 416)), Some((300, 6)));
        assert_eq!(at(Layout::YoloV8, (9, 5_041), (416, 416)), None);
    }

    #[test]
    fn what_may_be_two_layouts_has_to_be_configured() {
        // 84 rows of six columns: YOLOX with one class on a tiny input, or an end-to-end output.
        let evidence = Evidence { shape: &[1, 84, 6], input: (64, 64), class_count: None };
        let message = evidence.layout(None).unwrap_err();
        assert!(message.contains("yolox or end_to_end"), "{message}");
        assert_eq!(evidence.layout(Some(Layout::EndToEnd)), Ok(Layout::EndToEnd));
        assert!(evidence.layout(Some(Layout::YoloV8)).is_err());
    }
}
