use proptest::prelude::*;

use super::*;

#[test]
fn each_kind_is_known_by_its_first_bytes_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/foreign");
    for (name, kind) in [
        ("quadrants.avif", Foreign::Avif),
        ("turned.avif", Foreign::Avif),
        ("quadrants.heic", Foreign::Heif),
        ("quadrants.pdf", Foreign::Pdf),
        ("quadrants.mp4", Foreign::Mp4),
        ("quadrants.webm", Foreign::WebM),
    ] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        assert_eq!(sniff(&bytes[..bytes.len().min(1024)]), Some(kind), "{name}");
    }
    let zip = |name: &str| format!("PK\x03\x04{}{name}", "\0".repeat(26)).into_bytes();
    for (head, kind) in [
        (&b"\0\0\0\x18ftypcrx \0\0\0\x01crx isom"[..], Some(Foreign::Cr3)),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some(Foreign::QuickTime)),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", None),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Some(Foreign::Heif)),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", Some(Foreign::Avif)),
        (b"FUJIFILMCCD-RAW 0201FF", Some(Foreign::Raf)),
        (b"IIU\0\x18\0\0\0", Some(Foreign::Rw2)),
        (b"IIRO\x08\0\0\0", Some(Foreign::Orf)),
        (b"II*\0\x10\0\0\0CR\x02\0", Some(Foreign::Cr2)),
        (b"Dear Mei, 47", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Some(Foreign::OldOffice)),
        (&zip("mimetypeapplication/vnd.oasis.opendocument.textPK"), Some(Foreign::OpenText)),
        (&zip("[Content_Types].xml"), Some(Foreign::OfficeXml)),
        (&zip("holiday.jpg"), None),
    ] {
        assert_eq!(sniff(head), kind, "{:?}", String::from_utf8_lossy(head));
    }
}

/// The first directory of a TIFF with these entries, and a maker's name behind it.
fn tiff(entries: &[(u16, u32)], make: &[u8]) -> Vec<u8> {
    let mut head = b"II*\0\x08\0\0\0".to_vec();
    head.extend((entries.len() as u16).to_le_bytes());
    for (tag, value) in entries {
        head.extend([&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat());
    }
    head.resize(200, 0);
    head.extend(make);
    head
}

#[test]
fn a_cameras_own_format_is_told_from_a_tiff_that_it_looks_like() {
    assert_eq!(sniff(&tiff(&[(0xfe, 1), (0x10f, 200)], b"NIKON CORPORATION\0")), Some(Foreign::Nef));
    assert_eq!(sniff(&tiff(&[(0xfe, 1), (0x10f, 200)], b"SONY\0")), Some(Foreign::Arw));
    assert_eq!(sniff(&tiff(&[(0xfe, 1), (0xc612, 0x0104)], b"")), Some(Foreign::Dng));
    // A camera's directories may be long, and names come behind them.
    let mut late = tiff(&[(0xfe, 1), (0x10f, 20_000)], b"");
    late.resize(20_000, 0);
    late.extend(b"NIKON CORPORATION\0");
    let path = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&path, &late).unwrap();
    assert_eq!(super::super::dimensions_of(path.path()), Err(PictureError::NeedsSystem(Foreign::Nef)));
    for plain in [tiff(&[(0xfe, 0), (0x10f, 200)], b"NIKON\0"), tiff(&[(0x100, 24)], b""), tiff(&[(0xfe, 1)], b"")] {
        assert_eq!(super::super::sniff(&plain), Some(Format::Tiff));
    }
}

#[test]
fn of_what_the_system_made_the_last_few_are_kept_and_no_more_bytes_than_said() {
    let stamp = |len| Stamp { modified: None, len };
    let mut kept = Kept(VecDeque::new());
    kept.keep(Path::new("film"), stamp(1), None);
    assert_eq!(kept.find(Path::new("film"), stamp(1)), Some(None), "what can't be made is not tried at every look");
    assert_eq!(kept.find(Path::new("film"), stamp(2)), None, "it is another file now");
    for number in 0..10 {
        kept.keep(Path::new(&format!("{number}")), stamp(1), Some(vec![0; MADE_BYTES / 4].into()));
    }
    assert_eq!(kept.0.len(), 4);
    assert!(kept.find(Path::new("9"), stamp(1)).is_some() && kept.find(Path::new("5"), stamp(1)).is_none());
    for number in 0..1000 {
        kept.keep(Path::new(&format!("no {number}")), stamp(1), None);
    }
    assert_eq!(kept.0.len(), MAX_MADE);
}

proptest! {
    #[test]
    fn any_bytes_are_of_some_kind_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..600), begins in 0..4_usize) {
        let begin: &[u8] = [&b"II*\0"[..], b"MM\0*", b"\0\0\0\x18ftyp", b"PK\x03\x04"][begins];
        bytes.splice(..begin.len().min(bytes.len()), begin.iter().copied());
        sniff(&bytes);
    }
}
