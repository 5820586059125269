//! Looking for words, here and everywhere.

use egui::{Key, Modifiers};

use super::*;

/// What is asked of the engine, newest last.
fn searches(desk: &Desk) -> Vec<(String, Option<Fingerprint>)> {
    let told = desk.told().into_iter();
    told.filter_map(|command| match command {
        Command::Search { text, with, .. } => Some((text, with)),
        _ => None,
    })
    .collect()
}

fn type_words(harness: &mut Harness<'_, App>, words: &str) {
    harness.event(egui::Event::Text(words.into()));
    harness.run();
}

fn lighthouse(desk: &Desk) {
    let text = "we meet at the lighthouse";
    desk.inside().found = vec![entry(STUDIO, TransferId([5; 16]), Body::Text(text.into()))];
}

#[test]
fn from_one_conversation_a_word_in_another_is_found_and_gone_to() {
    let (mut harness, desk) = window(snapshot());
    lighthouse(&desk);
    click(&mut harness, "Office PC, ");
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::F);
    harness.run();
    assert!(harness.get_by_label("Search").is_focused());
    type_words(&mut harness, "lighthouse");
    assert_eq!(searches(&desk).last(), Some(&("lighthouse".to_owned(), None)));
    click(&mut harness, "You → Studio Mac");
    assert_eq!(harness.state().model.chosen, [STUDIO]);
    assert!(harness.query_by_label("Search").is_none(), "it has done its work");
}

#[test]
fn what_is_looked_for_here_can_be_looked_for_everywhere_without_typing_it_again() {
    let (mut harness, desk) = window(snapshot());
    lighthouse(&desk);
    click(&mut harness, "Office PC, ");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.run();
    type_words(&mut harness, "lighthouse");
    assert_eq!(searches(&desk).last(), Some(&("lighthouse".to_owned(), Some(OFFICE))));
    harness.get_by_label("Search everywhere").click();
    harness.run();
    assert_eq!(searches(&desk).last(), Some(&("lighthouse".to_owned(), None)));
    harness.get_by_label("Search everywhere").click();
    harness.run();
    assert_eq!(searches(&desk).last(), Some(&("lighthouse".to_owned(), Some(OFFICE))));
}

#[test]
fn with_nobody_chosen_everything_is_looked_through_also_in_a_narrow_window() {
    for size in [[1080.0, 720.0], [420.0, 500.0]] {
        let (mut harness, desk) = window_of(size, snapshot());
        lighthouse(&desk);
        click(&mut harness, "Mei’s laptop, this computer");
        click(&mut harness, "Search everywhere");
        type_words(&mut harness, "light");
        assert_eq!(searches(&desk).last(), Some(&("light".to_owned(), None)));
        harness.key_press(Key::Escape);
        harness.run();
        assert!(harness.query_by_label("Search").is_none());
        assert!(shows(&harness, "Office PC, "), "the list is there again");

        harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
        harness.run();
        type_words(&mut harness, "light");
        click(&mut harness, "You → Studio Mac");
        assert_eq!(harness.state().model.chosen, [STUDIO]);
    }
}
