//! Pictures turned by whoever looks at them, beyond how they were taken.

use image::{RgbaImage, imageops};

use super::{Frame, Outcome, Picture, Size, Wanted};

/// What has to be made so that it is what is wanted once it was turned.
pub(super) fn before_turning(wanted: Wanted, turns: u8) -> Wanted {
    match wanted {
        Wanted::Within(size) => Wanted::Within(turned_size(size, turns)),
        Wanted::Covering(size) => Wanted::Covering(turned_size(size, turns)),
        Wanted::Still(size) => Wanted::Still(turned_size(size, turns)),
        other => other,
    }
}

/// The outcome, so many quarter turns clockwise.
pub(super) fn turned(outcome: Outcome, turns: u8) -> Outcome {
    match outcome {
        outcome if turns.is_multiple_of(4) => outcome,
        Outcome::Size(format, size, small) => {
            Outcome::Size(format, turned_size(size, turns), small.map(|frame| turned_frame(frame, turns)))
        }
        Outcome::Picture(Picture { format, original, frames, shortened }) => {
            let frames = frames.into_iter().map(|frame| turned_frame(frame, turns)).collect();
            Outcome::Picture(Picture { format, original: turned_size(original, turns), frames, shortened })
        }
        other => other,
    }
}

const fn turned_size(size: Size, turns: u8) -> Size {
    if turns % 2 == 1 { Size::new(size.height, size.width) } else { size }
}

fn turned_frame(Frame { size, rgba, delay }: Frame, turns: u8) -> Frame {
    // A frame whose bytes don't fill it never gets here; without pixels it would be seen as damaged.
    let image = RgbaImage::from_raw(size.width, size.height, rgba).unwrap_or_default();
    let image = match turns % 4 {
        1 => imageops::rotate90(&image),
        2 => imageops::rotate180(&image),
        3 => imageops::rotate270(&image),
        _ => image,
    };
    Frame { size: Size::new(image.width(), image.height()), rgba: image.into_raw(), delay }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::Format;

    #[test]
    fn a_quarter_turn_brings_the_top_left_pixel_to_the_top_right() {
        let size = Size::new(2, 1);
        let rgba = vec![255, 0, 0, 255, 0, 0, 255, 255];
        let frame = Frame { size, rgba: rgba.clone(), delay: std::time::Duration::ZERO };
        let picture =
            Picture { format: Format::Png, original: Size::new(20, 10), frames: vec![frame], shortened: false };
        let Outcome::Picture(once) = turned(Outcome::Picture(picture), 1) else { panic!("no picture") };
        assert_eq!((once.original, once.size()), (Size::new(10, 20), Size::new(1, 2)));
        assert_eq!(once.frames[0].rgba, rgba, "red above blue");
        let Outcome::Picture(half) = turned(Outcome::Picture(once), 1) else { panic!("no picture") };
        assert_eq!(half.frames[0].rgba, [0, 0, 255, 255, 255, 0, 0, 255], "blue left of red");
    }
}
