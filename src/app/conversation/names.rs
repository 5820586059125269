//! File names that are too long for their place, shortened in the middle: the beginning says which, the end says what.

use unicode_segmentation::UnicodeSegmentation as _;

/// Characters kept before the extension, where versions and dates live (`…report (2).pdf`).
const TAIL: usize = 6;

/// Longer than any usual extension; what comes after such a dot is part of the name.
const MAX_EXTENSION: usize = 10;

/// The name as it is, or with its middle replaced by `…` so that `width` of it is at most `available`.
pub fn elide(name: &str, available: f32, mut width: impl FnMut(&str) -> f32) -> String {
    if width(name) <= available {
        return name.to_owned();
    }
    let clusters: Vec<&str> = name.graphemes(true).collect();
    let tail = tail_of(&clusters);
    // The most of the beginning that still fits; each try is a layout, so it is halved rather than stepped.
    let (mut fits, mut too_much) = (0, clusters.len() - tail);
    let shortened = |head: usize, tail: usize| {
        let end = &clusters[clusters.len() - tail..];
        format!("{}…{}", clusters[..head].concat().trim_end(), end.concat().trim_start())
    };
    while fits + 1 < too_much {
        let head = usize::midpoint(fits, too_much);
        if width(&shortened(head, tail)) <= available {
            fits = head;
        } else {
            too_much = head;
        }
    }
    shortened(fits, tail)
}

fn tail_of(clusters: &[&str]) -> usize {
    let extension = clusters.iter().rev().position(|cluster| *cluster == ".").map(|at| at + 1);
    let extension = extension.filter(|len| (2..=MAX_EXTENSION).contains(len) && *len < clusters.len()).unwrap_or(0);
    (extension + TAIL).min(clusters.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_count(text: &str) -> f32 {
        text.graphemes(true).count() as f32
    }

    #[test]
    fn the_extension_and_what_stands_before_it_survive() {
        assert_eq!(elide("short.txt", 20.0, by_count), "short.txt");
        let long = "a very long name of a report about everything (2).pdf";
        let short = elide(long, 24.0, by_count);
        assert!(short.starts_with("a very") && short.ends_with("ng (2).pdf") && short.contains('…'), "{short}");
        assert!(by_count(&short) <= 24.0);
    }

    #[test]
    fn chinese_and_composed_characters_are_not_torn() {
        let short = elide(&"👩‍👩‍👧".repeat(40), 12.0, by_count);
        assert!(short.graphemes(true).all(|cluster| cluster == "…" || cluster == "👩‍👩‍👧"), "{short}");
        let short = elide("二零二六年全家在海边度假的照片合集最终版.zip", 14.0, by_count);
        assert!(short.ends_with(".zip") && by_count(&short) <= 14.0, "{short}");
    }

    #[test]
    fn there_is_always_something_left_of_a_name() {
        for name in ["abcdefghij", ".gitignore.backup.of.yesterday", "...........", "noextensionatallbutverylong"] {
            assert!(elide(name, 1.0, by_count).contains('…'), "{name}");
        }
    }
}
