//! The conversation by its accessible names, as a person meets it with or without eyes.

use egui_kittest::kittest::Queryable as _;

use super::{samples::*, testing::*};

#[test]
fn a_text_that_came_is_read_as_one_sentence() {
    let harness = Room::new([received(1, 1_800_014_400_000, "Good morning")]).harness();
    harness.get_by_label_contains("Office PC, ");
    harness.get_by_label("Good morning");
}
