//! How much of a text is laid out: a long one is cut in the list and read by pieces in a place of its own.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// Up to this many bytes a text is shown whole. Laying out more takes longer than a frame.
pub const WHOLE_UP_TO: usize = 16 * 1024;

/// Up to this many lines a text is shown whole: taller ones push everything else far away.
const WHOLE_LINES: usize = 300;

/// What is shown of a longer one: about half a screenful.
const EXCERPT_BYTES: usize = 1_200;
const EXCERPT_LINES: usize = 16;

/// One piece of the reader: small enough to lay out in well under a millisecond, large enough that breaks are rare.
const PIECE_BYTES: usize = 2 * 1024;

/// Lines of one piece: a piece is the least that is laid out.
const PIECE_LINES: usize = 24;

/// A message of so few emoji is a gesture, and shown large.
const LARGE_EMOJI: usize = 3;

/// The beginning of `text` that the list shows, and whether something was left out.
pub fn excerpt(text: &str) -> (&str, bool) {
    if text.len() < WHOLE_UP_TO && text.bytes().filter(|byte| *byte == b'\n').nth(WHOLE_LINES - 1).is_none() {
        return (text, false);
    }
    let end = piece_end(text, EXCERPT_BYTES, EXCERPT_LINES);
    (text[..end].trim_end(), true)
}

/// Cuts the whole of `text` into pieces that can be laid out one by one, each ending where a line ends, or a word.
pub fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::with_capacity(text.len() / PIECE_BYTES + 1);
    let mut start = 0;
    while start < text.len() {
        let end = start + piece_end(&text[start..], PIECE_BYTES, PIECE_LINES);
        pieces.push(start..end);
        start = end;
    }
    pieces
}

/// The end of a first piece of at most `bytes` and `lines`; never 0 for a text that is not empty.
fn piece_end(text: &str, bytes: usize, lines: usize) -> usize {
    let limit = text.floor_char_boundary(bytes);
    let head = &text[..limit];
    if let Some((at, _)) = head.match_indices('\n').nth(lines - 1) {
        return at + 1;
    }
    if limit == text.len() {
        return limit;
    }
    // Rather a shorter piece than a torn line, rather a torn line than a torn word.
    let line = head.rfind('\n').map(|at| at + 1).filter(|at| *at >= limit / 2);
    let word = || head.rfind(' ').map(|at| at + 1).filter(|at| *at >= limit / 2);
    line.or_else(word).unwrap_or_else(|| whole_cluster(text, limit)).max(1)
}

/// The last boundary between characters as people count them at or before `limit`, so that no emoji is torn.
fn whole_cluster(text: &str, limit: usize) -> usize {
    /// The longest clusters people write (families, flags of regions) are shorter.
    const LOOK_BACK: usize = 64;
    let from = text.floor_char_boundary(limit.saturating_sub(LOOK_BACK));
    let ahead = text.ceil_char_boundary((limit + LOOK_BACK).min(text.len()));
    let last = text[from..ahead].grapheme_indices(true).map(|(at, _)| from + at).take_while(|at| *at <= limit).last();
    last.filter(|at| *at > 0).unwrap_or(limit)
}

/// One to three emoji and nothing else.
pub fn is_gesture(text: &str) -> bool {
    /// More bytes than the longest three clusters worth drawing large.
    const MAX_BYTES: usize = 128;
    let text = text.trim();
    !text.is_empty()
        && text.len() <= MAX_BYTES
        && text.graphemes(true).filter(|cluster| !cluster.trim().is_empty()).count() <= LARGE_EMOJI
        && text.graphemes(true).all(|cluster| cluster.trim().is_empty() || is_emoji(cluster))
}

fn is_emoji(cluster: &str) -> bool {
    /// Asks for the colour form of a character that also has a plain one.
    const COLOUR: char = '\u{FE0F}';
    let Some(first) = cluster.chars().next() else { return false };
    match u32::from(first) {
        0x1F1E6..=0x1F1FF => cluster.chars().count() == 2,
        0x1F300..=0x1FAFF => true,
        // Plain signs in text (☆, ✓, ♪) unless the colour form was asked for, or it is always coloured.
        0x231A..=0x231B | 0x23E9..=0x23F3 | 0x25FD..=0x25FE | 0x2614..=0x2615 | 0x2648..=0x2653 | 0x26AA..=0x26AB => {
            true
        }
        0x26BD..=0x26BE | 0x26C4..=0x26C5 | 0x26D4 | 0x26EA | 0x26F2..=0x26F5 | 0x26FA | 0x26FD => true,
        0x2705 | 0x270A..=0x270B | 0x2728 | 0x274C | 0x274E | 0x2753..=0x2755 | 0x2757 | 0x2795..=0x2797 => true,
        0x2B1B..=0x2B1C | 0x2B50 | 0x2B55 => true,
        _ => cluster.contains(COLOUR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_usual_text_is_whole_and_a_long_one_is_cut_at_a_line() {
        assert_eq!(excerpt("hello"), ("hello", false));
        let long = "a line of a long text\n".repeat(2_000);
        let (shown, cut) = excerpt(&long);
        assert!(cut && shown.len() <= EXCERPT_BYTES && shown.ends_with("text"));
        assert_eq!(shown.lines().count(), EXCERPT_LINES);
        let tall = "\n".repeat(1_000);
        assert!(excerpt(&tall).1, "a thousand empty lines are short in bytes and tall on the screen");
    }

    #[test]
    fn a_megabyte_without_a_single_line_break_comes_in_small_pieces() {
        let text = "字".repeat(350_000);
        let pieces = pieces(&text);
        assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES && !piece.is_empty()));
        assert_eq!(pieces.last().map(|piece| piece.end), Some(text.len()));
    }

    #[test]
    fn few_emoji_are_a_gesture_and_words_are_not() {
        for text in ["👍", "🎉🎉", "❤️", "👩‍👩‍👧", "🇨🇳 👍🏽", "⭐"] {
            assert!(is_gesture(text), "{text}");
        }
        for text in ["", "ok", "👍 ok", "😀😀😀😀", "好", "1", "✓", "…", "🇨"] {
            assert!(!is_gesture(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn pieces_joined_are_the_text(text in "(\\PC|\n| ){0,3000}", times in 1_usize..8) {
            let text = text.repeat(times);
            let pieces = pieces(&text);
            let joined: String = pieces.iter().map(|piece| &text[piece.clone()]).collect();
            prop_assert_eq!(joined, text);
            prop_assert!(pieces.iter().all(|piece| piece.len() <= PIECE_BYTES));
        }
    }
}
