use proptest::prelude::*;

use super::*;

/// A picture with a gradient, a disc and (if wanted) alpha, the same for the reference program.
fn drawn(seed: u32, width: u32, height: u32, alpha: bool) -> Vec<u8> {
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let across = (2 * x + 1).abs_diff(width).pow(2) * height * height;
            let down = (2 * y + 1).abs_diff(height).pow(2) * width * width;
            let disc = across + down < width * width * height * height / 2;
            rgba.extend([
                (x * 255 / width) as u8,
                (y * 255 / height) as u8,
                if disc { 250 - seed * 20 } else { seed * 25 } as u8,
                if alpha && !disc { (x * 200 / width) as u8 } else { 255 },
            ]);
        }
    }
    rgba
}

type Golden = (u32, u32, u32, bool, &'static str, u32, u32, [[u8; 4]; 3]);

/// Made with the format author's own Rust program (crate `thumbhash` 0.1.0): seed, size, alpha, hash, size of the blur,
/// and its first, a middle and its last pixel.
#[rustfmt::skip]
const GOLDEN: [Golden; 7] = [
    (1, 100, 75, false, "9d080a559a206787708787828a797886f3730ff888", 32, 23, [[54, 24, 0, 255], [211, 99, 136, 255], [255, 249, 0, 255]]),
    (2, 75, 100, false, "5ef809451a3077808838987788777988f1710ff877", 23, 32, [[36, 49, 15, 255], [46, 120, 221, 255], [255, 255, 0, 255]]),
    (3, 32, 32, true, "a227862d0c29748aa089959978f0931dfb9510658888717a68", 32, 32, [[158, 110, 130, 0], [83, 118, 198, 233], [222, 190, 40, 135]]),
    (4, 100, 10, false, "de170a319a60778780886788b0800bf888", 32, 5, [[41, 11, 93, 255], [222, 101, 128, 255], [255, 217, 69, 255]]),
    (6, 20, 100, true, "e12786190c29c0a0a99988a2a017fb9510658788607a68", 6, 32, [[142, 95, 158, 0], [95, 128, 127, 255], [213, 185, 135, 145]]),
    (7, 64, 48, true, "2128861c8c29d098a1888b9648074ab15f0951868818a67806", 32, 26, [[145, 96, 167, 0], [95, 130, 99, 239], [215, 183, 156, 126]]),
    (8, 13, 7, false, "9f160a349ab087777088877b8687108001f878", 32, 18, [[3, 0, 255, 255], [57, 120, 83, 255], [228, 207, 241, 255]]),
];

fn from_hex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[i * 2..][..2], 16).unwrap()).collect()
}

#[test]
fn hashes_are_those_of_the_published_algorithm() {
    for (seed, width, height, alpha, hash, ..) in GOLDEN {
        let ours = encode(Size::new(width, height), &drawn(seed, width, height, alpha)).unwrap();
        assert_eq!(ours, from_hex(hash), "seed {seed}");
    }
}

#[test]
fn blurs_are_those_of_the_published_algorithm() {
    for (seed, _, _, _, hash, width, height, pixels) in GOLDEN {
        let (size, rgba) = decode(&from_hex(hash)).unwrap();
        assert_eq!(size, Size::new(width, height), "seed {seed}");
        let (dw, dh) = (width as usize, height as usize);
        for (at, pixel) in [0, dw * dh / 2 + dw / 3, dw * dh - 1].into_iter().zip(pixels) {
            let ours = &rgba[at * 4..][..4];
            let far = ours.iter().zip(pixel).map(|(ours, theirs)| ours.abs_diff(theirs)).max().unwrap();
            assert!(far <= 1, "seed {seed}, pixel {at}: {ours:?} {pixel:?}");
        }
    }
}

#[test]
fn one_pixel_comes_back_in_its_colour() {
    let hash = encode(Size::new(1, 1), &[200, 40, 90, 255]).unwrap();
    let (_, rgba) = decode(&hash).unwrap();
    let middle = &rgba[rgba.len() / 2..][..4];
    assert!(middle.iter().zip([200, 40, 90, 255]).all(|(ours, its)| ours.abs_diff(its) < 8), "{middle:?}");
}

#[test]
fn sizes_that_do_not_fit_the_bytes_are_refused() {
    assert_eq!(encode(Size::new(0, 0), &[]), None);
    assert_eq!(encode(Size::new(2, 2), &[0; 15]), None);
    assert_eq!(encode(Size::new(101, 1), &[0; 404]), None);
    assert_eq!(encode(Size::new(u32::MAX, u32::MAX), &[0; 4]), None);
}

#[test]
fn every_cut_of_a_hash_is_refused() {
    for (.., hash, _, _, _) in GOLDEN {
        let hash = from_hex(hash);
        for len in 0..hash.len() {
            assert_eq!(decode(&hash[..len]), None, "{len} of {}", hash.len());
        }
    }
    assert_eq!(decode(&[0xff; MAX_THUMBHASH + 1]), None);
    assert_eq!(approximate_aspect(&[0xff; MAX_THUMBHASH + 1]), None);
}

proptest! {
    #[test]
    fn any_bytes_give_a_small_blur_or_nothing(hash in prop::collection::vec(any::<u8>(), 0..=64)) {
        if let Some((size, rgba)) = decode(&hash) {
            prop_assert!(hash.len() <= MAX_THUMBHASH);
            prop_assert!((1..=MAX_DECODED_SIDE).contains(&size.width) && (1..=MAX_DECODED_SIDE).contains(&size.height));
            prop_assert_eq!(rgba.len(), (size.width * size.height * 4) as usize);
            let aspect = approximate_aspect(&hash).unwrap();
            prop_assert!((1.0 / 7.01..7.01).contains(&aspect));
        }
    }

    #[test]
    fn any_picture_gives_a_hash_that_fits_an_offer_and_is_read_back(
        (size, rgba) in (1..=40_u32, 1..=40_u32).prop_flat_map(|(width, height)| {
            let bytes = prop::collection::vec(any::<u8>(), (width * height * 4) as usize);
            (Just(Size::new(width, height)), bytes)
        })
    ) {
        let hash = encode(size, &rgba).unwrap();
        prop_assert!((5..=MAX_THUMBHASH).contains(&hash.len()));
        prop_assert!(decode(&hash).is_some());
        let aspect = approximate_aspect(&hash).unwrap();
        let error = (aspect / size.aspect()).ln().abs();
        prop_assert!(error < 0.6 || size.aspect() > 7.0 || size.aspect() < 1.0 / 7.0, "{} for {}", aspect, size.aspect());
    }
}
