//! Looking for words.

use super::*;

#[test]
fn words_are_looked_for_and_lead_to_the_entry() {
    let mut window = Room::new(many(0..300)).harness();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.get_by_label("Search").focus();
    window.run();
    window.event(Event::Text("number 7".into()));
    window.run();
    let text = actions(&mut window).into_iter().rev().find_map(|action| match action {
        Action::Search { text, with: Some(OFFICE) } => Some(text),
        _ => None,
    });
    assert_eq!(text.as_deref(), Some("number 7"));
    let found = many(7..8);
    window.state_mut().model.search = Some(Search { text: "number 7".into(), with: Some(OFFICE), found: Some(found) });
    window.run();
    window.get_by_label_contains("Office PC, ").click();
    window.run();
    let top = top_of(&window, &text_of(&many(7..8)[0])).unwrap();
    assert!((0.0..600.0).contains(&top), "{top}");
    assert!(window.query_by_label("Search").is_none(), "the search has done its work");
}

#[test]
fn what_was_not_found_is_said_and_escape_leads_back() {
    let mut window = Room::new(many(0..5)).harness();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("nowhere".into()));
    window.run();
    window.state_mut().model.search = Some(Search { text: "nowhere".into(), with: None, found: Some(Vec::new()) });
    window.run();
    window.get_by_label("Nothing found for “nowhere”");
    window.key_press(Key::Escape);
    window.run();
    window.get_by_role_and_label(Role::Label, &text_of(&many(4..5)[0]));
}
