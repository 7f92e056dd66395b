//! A decoder's buffer as a picture, without a copy.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;
use ovr_domain::Picture;
use ovr_domain::pixels::{Matrix, PixelBuffer, PixelLayout, Plane, Range};

/// The decoder's memory, mapped for reading as long as somebody holds the picture.
struct MappedFrame(gst_video::VideoFrame<gst_video::video_frame::Readable>);

impl PixelBuffer for MappedFrame {
    fn plane(&self, index: usize) -> Option<Plane<'_>> {
        let stride = usize::try_from(*self.0.plane_stride().get(index)?).ok()?;
        let data = self.0.plane_data(u32::try_from(index).ok()?).ok()?;
        Some(Plane { data, stride })
    }
}

/// Matrix and range that the stream states; GStreamer fills in the usual ones for the size where it states none.
fn colour(info: &gst_video::VideoInfo) -> (Matrix, Range) {
    use gst_video::{VideoColorMatrix, VideoColorRange};
    let stated = info.colorimetry();
    let matrix = match stated.matrix() {
        // BT.2020 and SMPTE 240M are nearer to BT.709 than to BT.601.
        VideoColorMatrix::Bt709 | VideoColorMatrix::Bt2020 | VideoColorMatrix::Smpte240m => Matrix::Bt709,
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => Matrix::Bt601,
        _ if info.height() > 576 => Matrix::Bt709,
        _ => Matrix::Bt601,
    };
    let range = match stated.range() {
        VideoColorRange::Range0_255 => Range::Full,
        _ => Range::Limited,
    };
    (matrix, range)
}

/// Maps a buffer; strides, offsets and colour are those of the buffer. The error is what is wrong.
pub(crate) fn of_buffer(buffer: gst::Buffer, info: &gst_video::VideoInfo) -> Result<Picture, String> {
    let layout = match info.format() {
        gst_video::VideoFormat::I420 => PixelLayout::I420,
        gst_video::VideoFormat::Nv12 => PixelLayout::Nv12,
        other => return Err(format!("its pictures are {other}: expected I420 or NV12")),
    };
    let mapped = gst_video::VideoFrame::from_buffer_readable(buffer, info)
        .map_err(|_| "the decoder's memory cannot be read".to_owned())?;
    let size = (info.width(), info.height());
    Picture::new(size, layout, colour(info), Arc::new(MappedFrame(mapped))).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gst_video::VideoFormat;

    #[test]
    fn strides_and_offsets_of_the_buffer_are_honoured() {
        gst::init().unwrap();
        let info = gst_video::VideoInfo::builder(VideoFormat::I420, 6, 4).build().unwrap();
        // Rows of 16 bytes for luma and 12 for chroma, each plane behind a gap.
        let (offsets, strides) = ([8, 80, 120], [16, 12, 12]);
        let mut buffer = gst::Buffer::from_slice((0..160).collect::<Vec<u8>>());
        let flags = gst_video::VideoFrameFlags::empty();
        gst_video::VideoMeta::add_full(
            buffer.get_mut().unwrap(),
            flags,
            VideoFormat::I420,
            6,
            4,
            &offsets,
            &strides,
        )
        .unwrap();
        let picture = of_buffer(buffer, &info).unwrap();
        assert_eq!((picture.plane(0).stride, picture.plane(0).data[16]), (16, 24));
        assert_eq!((picture.plane(1).stride, picture.plane(1).data[12]), (12, 92));
        assert_eq!((picture.plane(2).stride, picture.plane(2).data[0]), (12, 120));
    }

    #[test]
    fn colour_is_what_the_stream_states_else_what_is_usual_for_the_size() {
        gst::init().unwrap();
        let of = |height: u32, stated: Option<&str>| {
            let builder = gst_video::VideoInfo::builder(VideoFormat::Nv12, 320, height);
            let colorimetry = stated.map(|text| text.parse::<gst_video::VideoColorimetry>().unwrap());
            colour(&builder.colorimetry_if_some(colorimetry.as_ref()).build().unwrap())
        };
        assert_eq!(of(240, None), (Matrix::Bt601, Range::Limited));
        assert_eq!(of(1080, None), (Matrix::Bt709, Range::Limited));
        assert_eq!(of(240, Some("bt709")), (Matrix::Bt709, Range::Limited));
        assert_eq!(of(1080, Some("1:4:0:0")), (Matrix::Bt601, Range::Full));
    }

    #[test]
    fn a_buffer_that_is_too_short_is_refused() {
        gst::init().unwrap();
        let info = gst_video::VideoInfo::builder(VideoFormat::I420, 64, 64).build().unwrap();
        assert!(of_buffer(gst::Buffer::from_slice(vec![0_u8; 100]), &info).is_err());
    }
}
