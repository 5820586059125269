use std::cell::Cell;

use super::*;

const VIEW: f32 = 500.0;
const GUESS: f32 = 60.0;

/// Real heights of rows that nobody guesses right.
fn real(seq: i64) -> f32 {
    40.0 + ((seq * 37) % 260) as f32
}

fn keys(seqs: std::ops::Range<i64>) -> impl Iterator<Item = RowKey> {
    seqs.map(RowKey::Entry)
}

struct Hand {
    list: List,
    first: i64,
    offset: f32,
    laid_out: Cell<usize>,
}

impl Hand {
    fn new(seqs: std::ops::Range<i64>) -> Self {
        let mut hand = Self { list: List::default(), first: seqs.start, offset: 0.0, laid_out: Cell::new(0) };
        hand.list.set_rows(keys(seqs), |_| GUESS);
        hand
    }

    fn rows(&mut self, seqs: std::ops::Range<i64>) {
        self.first = seqs.start;
        self.list.set_rows(keys(seqs), |_| GUESS);
    }

    /// One frame, scrolled by so much at its end.
    fn frame(&mut self, by: f32) -> Placed {
        self.frame_with(by, real)
    }

    fn frame_with(&mut self, by: f32, height: impl Fn(i64) -> f32) -> Placed {
        let first = self.first;
        self.laid_out.set(0);
        let placed = self.list.place(VIEW, |index| {
            self.laid_out.set(self.laid_out.get() + 1);
            height(first + index as i64)
        });
        self.offset = (placed.offset + by).clamp(0.0, (placed.total - VIEW).max(0.0));
        self.list.scrolled(self.offset, VIEW);
        placed
    }

    /// Where the row is below the top of the view.
    fn y(&self, seq: i64, offset: f32) -> f32 {
        self.list.top((seq - self.first) as usize) - offset
    }
}

#[test]
fn of_ten_thousand_rows_only_the_visible_ones_are_laid_out() {
    let mut hand = Hand::new(0..10_000);
    let placed = hand.frame(0.0);
    assert_eq!(placed.rows.end, 10_000, "it begins at the end");
    assert!((1..40).contains(&hand.laid_out.get()), "{}", hand.laid_out.get());
    hand.frame(-300_000.0);
    hand.frame(0.0);
    assert!(hand.laid_out.get() < 80, "also after a leap: {}", hand.laid_out.get());
}

#[test]
fn scrolling_up_into_rows_that_were_guessed_wrong_moves_by_what_the_hand_moved() {
    let mut hand = Hand::new(0..1_000);
    hand.frame(0.0);
    for _ in 0..200 {
        let before = hand.frame(-40.0);
        let seen = (before.rows.start as i64 + before.rows.end as i64) / 2;
        let y = hand.y(seen, before.offset);
        let after = hand.frame(0.0);
        let moved = hand.y(seen, after.offset) - y;
        assert!((moved - 40.0).abs() < 0.6, "row {seen} moved by {moved}");
    }
}

#[test]
fn older_rows_that_arrive_above_leave_everything_where_it_was() {
    let mut hand = Hand::new(500..1_000);
    hand.frame(0.0);
    hand.frame(-5_000.0);
    let before = hand.frame(0.0);
    let seen = hand.first + before.rows.start as i64 + 3;
    let y = hand.y(seen, before.offset);
    hand.rows(300..1_000);
    let after = hand.frame(0.0);
    assert!((hand.y(seen, after.offset) - y).abs() < 0.6);
}

#[test]
fn older_rows_that_arrive_while_the_top_is_shown_stay_above_it() {
    let mut hand = Hand::new(500..1_000);
    hand.list.jump(Jump::Start);
    let before = hand.frame(0.0);
    let y = hand.y(501, before.offset);
    hand.rows(300..1_000);
    let after = hand.frame(0.0);
    assert!((hand.y(501, after.offset) - y).abs() < 0.6);
    assert!(after.offset > 5_000.0, "they can be scrolled to");
}

#[test]
fn a_picture_that_gets_its_size_above_the_view_pushes_nothing_away() {
    let mut hand = Hand::new(0..200);
    hand.frame(0.0);
    let before = hand.frame(-3_000.0);
    let placed = hand.frame(0.0);
    let grown = hand.first + placed.rows.start as i64;
    let seen = grown + 6;
    let y = hand.y(seen, placed.offset);
    let after = hand.frame_with(0.0, |seq| real(seq) + if seq == grown { 300.0 } else { 0.0 });
    assert!((hand.y(seen, after.offset) - y).abs() < 0.6, "{before:?}");
}

#[test]
fn new_rows_are_followed_only_at_the_end() {
    let mut hand = Hand::new(0..100);
    hand.frame(0.0);
    hand.rows(0..103);
    let placed = hand.frame(0.0);
    assert_eq!(placed.rows.end, 103);
    assert!(hand.list.at_end());

    hand.frame(-200.0);
    let before = hand.frame(0.0);
    hand.rows(0..110);
    let after = hand.frame(0.0);
    assert!((after.offset - before.offset).abs() < 0.6, "a reader further up is left alone");
    assert!(!hand.list.at_end());
    hand.list.jump(Jump::End);
    assert_eq!(hand.frame(0.0).rows.end, 110);
}

#[test]
fn a_row_jumped_to_comes_into_view_also_when_it_arrives_later() {
    let mut hand = Hand::new(500..1_000);
    hand.frame(0.0);
    hand.list.jump(Jump::To(RowKey::Entry(700)));
    let placed = hand.frame(0.0);
    let y = hand.y(700, placed.offset);
    assert!((y - VIEW / 3.0).abs() < 0.6, "{y}");

    hand.list.jump(Jump::To(RowKey::Entry(400)));
    hand.frame(0.0);
    hand.rows(300..1_000);
    let placed = hand.frame(0.0);
    assert!((hand.y(400, placed.offset) - VIEW / 3.0).abs() < 0.6);
}

#[test]
fn a_row_is_shown_by_the_shortest_way() {
    let mut hand = Hand::new(0..300);
    hand.list.jump(Jump::To(RowKey::Entry(100)));
    let placed = hand.frame(0.0);
    let visible = placed.offset;
    hand.list.jump(Jump::Show(RowKey::Entry(100)));
    assert!((hand.frame(0.0).offset - visible).abs() < 0.6, "what is visible stays");
    hand.list.jump(Jump::Show(RowKey::Entry(97)));
    let placed = hand.frame(0.0);
    assert!(hand.y(97, placed.offset) >= -0.1 && placed.offset <= visible);
}

#[test]
fn a_page_up_shows_what_was_just_above_also_where_heights_were_guessed_wrong() {
    let mut hand = Hand::new(0..1_000);
    hand.frame(0.0);
    for _ in 0..20 {
        let before = hand.frame(0.0);
        let top = hand.first + before.rows.start as i64 + 2;
        let y = hand.y(top, before.offset);
        hand.list.jump(Jump::By(-450.0));
        let after = hand.frame(0.0);
        assert!((hand.y(top, after.offset) - y - 450.0).abs() < 0.6);
    }
}

#[test]
fn few_rows_lie_at_the_top_and_an_empty_list_is_nothing() {
    let mut hand = Hand::new(0..2);
    let placed = hand.frame(0.0);
    assert_eq!((placed.offset, placed.rows), (0.0, 0..2));
    let mut nothing = Hand::new(0..0);
    assert_eq!(nothing.frame(0.0), Placed { offset: 0.0, total: 0.0, rows: 0..0 });
}
