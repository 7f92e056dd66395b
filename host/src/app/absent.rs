//! What is shown in the place of a camera that is away: a dark picture that says so. The last picture would be taken for
//! what happens now.

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_9X18_BOLD;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::{Drawable as _, Point as At};
use embedded_graphics::text::{Alignment, Baseline, Text, TextStyleBuilder};
use ovr_domain::RgbImage;
use ovr_domain::camera::{CameraStatus, LinkPhase};

use super::overlay::Canvas;

const DARK: [u8; 3] = [28, 30, 34];
const BRIGHT: Rgb888 = Rgb888::new(240, 190, 60);
/// Height of a line of text, in pixels.
const LINE_PX: i32 = 26;
/// Sides that the words are written for; larger pictures have larger letters.
const WRITTEN_PX: u32 = 480;
/// Of a camera that never told its size.
const SIZE: (u32, u32) = (640, 360);

/// The words for a camera; nothing for one whose next frame is due.
pub(super) fn words(camera: &CameraStatus) -> Option<[String; 3]> {
    let what = match camera.phase {
        LinkPhase::Streaming => return None,
        LinkPhase::Connecting => "is being connected to",
        LinkPhase::Stalled => "is silent: no new pictures",
        LinkPhase::Failed => "is away: no pictures",
        LinkPhase::Ended => "has ended",
    };
    let since: String = camera.since.to_string().chars().take(19).collect();
    Some([camera.id.to_string(), what.to_owned(), format!("since {} UTC", since.replace('T', " "))])
}

/// A picture as large as the camera's own, its longest side at most `side_px_max` pixels. Cut to 7-bit ASCII, of which
/// cameras' names are.
pub(super) fn picture(camera: &CameraStatus, words: &[String], side_px_max: u32) -> RgbImage {
    let known = camera.width.zip(camera.height).filter(|(width, height)| *width > 0 && *height > 0);
    let (width, height) = known.unwrap_or(SIZE);
    let longest = width.max(height);
    let side = side_px_max.clamp(1, longest);
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side) / u64::from(longest);
        u32::try_from(length).unwrap_or(side).max(1)
    };
    let (width, height) = (scaled(width), scaled(height));
    let times = (side / WRITTEN_PX).max(1);
    let mut small = RgbImage::filled(width.div_ceil(times), height.div_ceil(times), DARK);
    let middle = At::new((small.width / 2) as i32, (small.height / 2) as i32);
    let style = TextStyleBuilder::new().alignment(Alignment::Center).baseline(Baseline::Middle).build();
    for (line, row) in words.iter().zip(-1..) {
        let at = middle + At::new(0, row * LINE_PX);
        let letters = MonoTextStyle::new(&FONT_9X18_BOLD, BRIGHT);
        let Ok(_) = Text::with_text_style(line, at, letters, style).draw(&mut Canvas(&mut small));
    }
    enlarged(&small, (width, height), times)
}

/// Each pixel `times` times in both directions, cut to the size.
fn enlarged(small: &RgbImage, (width, height): (u32, u32), times: u32) -> RgbImage {
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let start = ((y / times * small.width + x / times) * 3) as usize;
            data.extend_from_slice(small.data.get(start..start + 3).unwrap_or(&DARK));
        }
    }
    RgbImage { width, height, data }
}
