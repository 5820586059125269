//! What the file of a picture says of itself (EXIF): when, with what and where it was taken.

use std::io::{BufRead, Seek};

use exif::{Exif, In, Rational, Reader, Tag, Value};
use image::metadata::Orientation;
use serde::{Deserialize, Serialize};

use super::{Format, limits::MAX_DETAIL, tiff};

/// As far as the file says; nothing of it is sure to be true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Details {
    pub format: Format,
    /// Year, month, day, hour, minute, second, by the camera's own clock.
    pub taken: Option<(u16, u8, u8, u8, u8, u8)>,
    /// Pictures in a file that may have several, if there are.
    pub pages: Option<u32>,
    /// Maker and model.
    pub camera: Option<String>,
    /// The file says where it was taken.
    pub has_place: bool,
    /// Degrees north and east, if they were asked for.
    pub place: Option<(f64, f64)>,
}

impl Details {
    /// Whether it can be what a decoder was asked for.
    pub(super) fn is_sound(&self) -> bool {
        let line = self.camera.as_ref().is_none_or(|line| line.chars().count() <= MAX_DETAIL && clean(line) == *line);
        let place =
            self.place.is_none_or(|(north, east)| (-90.0..=90.0).contains(&north) && (-180.0..=180.0).contains(&east));
        line && place
    }
}

/// Of a picture whose format is known; what can't be read is not there.
pub(super) fn read(mut input: impl BufRead + Seek, format: Format, place: bool) -> Details {
    let exif = Reader::new().continue_on_error(true).read_from_container(&mut input);
    let exif = exif.or_else(|error| error.distill_partial_result(|_| {}));
    let mut details = Details { format, taken: None, pages: None, camera: None, has_place: false, place: None };
    if let Format::Tiff = format {
        details.pages = tiff::pages(&mut input).filter(|pages| *pages > 1);
    }
    if let Ok(exif) = exif {
        details.taken = [Tag::DateTimeOriginal, Tag::DateTimeDigitized].into_iter().find_map(|tag| time(&exif, tag));
        details.camera = camera(&exif);
        let there = coordinates(&exif);
        details.has_place = there.is_some();
        details.place = there.filter(|_| place);
    }
    details
}

/// Which side is up, also where a camera wrote that number in another type than the standard names.
pub(super) fn orientation(mut input: impl BufRead + Seek) -> Option<Orientation> {
    let exif = Reader::new().continue_on_error(true).read_from_container(&mut input);
    let exif = exif.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    let number = match &exif.get_field(Tag::Orientation, In::PRIMARY)?.value {
        Value::SLong(numbers) => u32::try_from(*numbers.first()?).ok()?,
        value => value.get_uint(0)?,
    };
    Orientation::from_exif(u8::try_from(number).ok()?)
}

fn time(exif: &Exif, tag: Tag) -> Option<(u16, u8, u8, u8, u8, u8)> {
    let Value::Ascii(lines) = &exif.get_field(tag, In::PRIMARY)?.value else { return None };
    let at = exif::DateTime::from_ascii(lines.first()?).ok()?;
    let sound = (1826..=9999).contains(&at.year)
        && (1..=12).contains(&at.month)
        && (1..=31).contains(&at.day)
        && at.hour < 24
        && at.minute < 60
        && at.second <= 60;
    sound.then_some((at.year, at.month, at.day, at.hour, at.minute, at.second))
}

/// Most models repeat their maker's name.
fn camera(exif: &Exif) -> Option<String> {
    let line = |tag| match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => Some(clean(&String::from_utf8_lossy(lines.first()?))).filter(|line| !line.is_empty()),
        _ => None,
    };
    let (maker, model) = (line(Tag::Make), line(Tag::Model));
    let both = match (maker, model) {
        (Some(maker), Some(model)) => {
            let first = |name: &str| name.split(' ').next().unwrap_or_default().to_lowercase();
            if first(&maker) == first(&model) { model } else { format!("{maker} {model}") }
        }
        (maker, model) => maker.or(model)?,
    };
    Some(clean(&both))
}

/// One line of words, whatever was written there.
fn clean(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_DETAIL).collect::<String>().trim_end().to_owned()
}

fn coordinates(exif: &Exif) -> Option<(f64, f64)> {
    let one = |tag, sign, negative: u8, most: f64| {
        let degrees = match &exif.get_field(tag, In::PRIMARY)?.value {
            Value::Rational(parts) => {
                let [degrees, minutes, seconds] = [0, 1, 2].map(|at| parts.get(at).map_or(0.0, Rational::to_f64));
                degrees + minutes / 60.0 + seconds / 3600.0
            }
            _ => return None,
        };
        let sign = match &exif.get_field(sign, In::PRIMARY)?.value {
            Value::Ascii(lines) if lines.first().is_some_and(|line| line.first() == Some(&negative)) => -1.0,
            _ => 1.0,
        };
        (0.0..=most).contains(&degrees).then_some(degrees * sign)
    };
    Some((
        one(Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S', 90.0)?,
        one(Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W', 180.0)?,
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use exif::{Field, experimental::Writer};

    use crate::pictures::{Outcome, Source, Wanted, decode::plainly};

    use super::*;

    fn tiff(fields: &[(Tag, Value)]) -> Vec<u8> {
        let fields: Vec<Field> =
            fields.iter().map(|(tag, value)| Field { tag: *tag, ifd_num: In::PRIMARY, value: value.clone() }).collect();
        let mut writer = Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut out = Cursor::new(Vec::new());
        writer.write(&mut out, false).unwrap();
        out.into_inner()
    }

    fn ascii(text: &str) -> Value {
        Value::Ascii(vec![text.as_bytes().to_vec()])
    }

    fn degrees(parts: [u32; 3]) -> Value {
        Value::Rational(parts.map(|num| Rational { num, denom: 1 }).to_vec())
    }

    fn details(fields: &[(Tag, Value)], place: bool) -> Details {
        read(Cursor::new(tiff(fields)), Format::Tiff, place)
    }

    #[test]
    fn the_place_is_only_told_when_it_is_asked_for() {
        let fields = [
            (Tag::GPSLatitudeRef, ascii("S")),
            (Tag::GPSLatitude, degrees([33, 30, 0])),
            (Tag::GPSLongitudeRef, ascii("E")),
            (Tag::GPSLongitude, degrees([151, 0, 36])),
        ];
        let quiet = details(&fields, false);
        assert!(quiet.has_place && quiet.place.is_none());
        let asked = details(&fields, true);
        let (north, east) = asked.place.unwrap();
        assert!((north + 33.5).abs() < 1e-9 && (east - 151.01).abs() < 1e-9, "{north} {east}");
        assert!(asked.is_sound());
    }

    #[test]
    fn what_only_the_system_shows_says_when_and_with_what_it_was_taken_too() {
        let path = format!("{}/tests/fixtures/foreign/taken.avif", env!("CARGO_MANIFEST_DIR"));
        let outcome = plainly(Source::File(path.into()), Wanted::Details { place: false });
        let Ok(Outcome::Details(details)) = outcome else { panic!("{outcome:?}") };
        assert_eq!((details.camera.as_deref(), details.taken), (Some("Canon"), Some((2026, 7, 14, 18, 3, 59))));
    }

    #[test]
    fn the_pages_of_a_tiff_are_counted_where_there_are_several() {
        let pages = |name| {
            let path = format!("{}/tests/fixtures/pictures/{name}", env!("CARGO_MANIFEST_DIR"));
            read(Cursor::new(std::fs::read(path).unwrap()), Format::Tiff, false).pages
        };
        assert_eq!((pages("pages.tif"), pages("quadrants.tif")), (Some(2), None));
    }

    #[test]
    fn date_and_camera_are_read_and_a_maker_is_not_said_twice() {
        let fields = [
            (Tag::Make, ascii("Canon")),
            (Tag::Model, ascii("Canon EOS R5\u{7}\n")),
            (Tag::DateTimeOriginal, ascii("2026:07:14 18:03:59")),
        ];
        let details = details(&fields, false);
        assert_eq!(details.camera.as_deref(), Some("Canon EOS R5"));
        assert_eq!(details.taken, Some((2026, 7, 14, 18, 3, 59)));
        assert!(!details.has_place);
    }

    #[test]
    fn impossible_dates_and_places_are_left_out() {
        let fields = [
            (Tag::DateTimeOriginal, ascii("2026:99:14 18:03:59")),
            (Tag::GPSLatitudeRef, ascii("N")),
            (Tag::GPSLatitude, degrees([400, 0, 0])),
            (Tag::GPSLongitudeRef, ascii("E")),
            (Tag::GPSLongitude, degrees([1, 0, 0])),
        ];
        let details = details(&fields, true);
        assert_eq!((details.taken, details.has_place), (None, false));
    }
}
