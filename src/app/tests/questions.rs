//! Questions: to this person from others, and before the first sending.

use super::{super::actions::Action, *};
use crate::engine::api::{Decision, Outgoing};

fn asking(change: impl FnOnce(&mut Ask)) -> (Harness<'static, App>, Desk) {
    let mut all = snapshot();
    let mut asked = ask(OFFICE, "Office PC");
    change(&mut asked);
    all.asks.push(asked);
    window(all)
}

fn answer(desk: &Desk) -> Option<Decision> {
    desk.told().into_iter().find_map(|command| match command {
        Command::Answer { with, transfer, decision } => {
            assert_eq!((with, transfer), (OFFICE, TransferId([7; 16])));
            Some(decision)
        }
        _ => None,
    })
}

#[test]
fn a_card_says_who_wants_to_send_what_and_accepts() {
    let (mut harness, desk) = asking(|_| {});
    assert!(shows(&harness, "Office PC wants to send you 2 pictures"));
    assert!(shows(&harness, "holiday.jpg"));
    assert!(shows(&harness, "12.2\u{a0}MB · Not compared yet"));
    harness.run_steps(4);
    harness.get_by_label("Accept").click();
    harness.run();
    assert_eq!(answer(&desk), Some(Decision::Accept { items: None, into: None, always: false }));
}

#[test]
fn a_card_that_has_just_appeared_takes_no_click() {
    let (mut harness, desk) = unrun(Harness::builder().with_step_dt(0.02), snapshot());
    harness.run_steps(3);
    desk.publish(|all| all.asks.push(ask(OFFICE, "Office PC")));
    harness.run_steps(4);
    harness.get_by_label("Accept").click_accesskit();
    harness.run_steps(2);
    assert_eq!(answer(&desk), None);
    harness.run_steps(30);
    harness.get_by_label("Accept").click_accesskit();
    harness.run_steps(2);
    assert!(answer(&desk).is_some(), "a moment later it does");
}

#[test]
fn single_things_can_be_left_out() {
    let (mut harness, desk) = asking(|_| {});
    harness.run_steps(4);
    harness.get_by_label("Take only some…").click();
    harness.run();
    harness.get_by_label("Take holiday.jpg").click();
    harness.run();
    harness.get_by_label("Accept 1").click();
    harness.run();
    assert_eq!(answer(&desk), Some(Decision::Accept { items: Some(vec![1]), into: None, always: false }));
}

#[test]
fn declining_and_blocking_say_so() {
    for (name, expected) in [("Decline", Decision::Decline), ("Block", Decision::Block)] {
        let (mut harness, desk) = asking(|_| {});
        harness.run_steps(4);
        harness.get_by_label(name).click();
        harness.run();
        assert_eq!(answer(&desk), Some(expected));
    }
}

#[test]
fn only_a_verified_computer_can_be_accepted_for_good() {
    let (mut harness, desk) = asking(|_| {});
    harness.run_steps(4);
    harness.get_by_label("Always accept from this computer").click();
    harness.run_steps(4);
    assert_eq!(answer(&desk), None, "it is compared first");
    assert!(shows(&harness, "Compare with Office PC"));
    let (mut harness, desk) = asking(|ask| ask.verified = true);
    harness.run_steps(4);
    harness.get_by_label("Always accept from this computer").click();
    harness.run();
    assert_eq!(answer(&desk), Some(Decision::Accept { items: None, into: None, always: true }));
}

#[test]
fn strangers_can_be_hidden_and_only_one_of_them_is_on_screen() {
    let mut all = snapshot();
    for n in [DAD, STUDIO] {
        all.asks.push(Ask {
            stranger: true,
            transfer: TransferId(n.0[..16].try_into().unwrap()),
            ..ask(n, "Somebody")
        });
    }
    let (mut harness, desk) = window(all);
    assert_eq!(harness.query_all_by_label("Accept").count(), 1);
    assert!(shows(&harness, "1 more is waiting"));
    harness.run_steps(4);
    harness.get_by_label("Hide strangers for an hour").click();
    harness.run_steps(2);
    assert!(matches!(desk.told()[..], [Command::HideStrangers { during }] if during.as_secs() == 3600));
}

#[test]
fn the_first_sending_asks_whether_it_is_the_right_one() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "爸爸的电脑, ");
    harness.state_mut().draft().text = "你好".into();
    harness.state_mut().actions.push(Action::SendDraft);
    harness.run();
    assert!(shows(&harness, "You haven’t sent anything to 爸爸的电脑 before"));
    assert!(desk.told().is_empty(), "nothing was sent before the answer");

    harness.get_by_label("Cancel").click();
    harness.run();
    assert!(desk.told().is_empty());
    assert_eq!(harness.state_mut().draft().text, "你好", "what was written is still there");

    harness.state_mut().actions.push(Action::SendDraft);
    harness.run();
    harness.get_all_by_label("Send").last().unwrap().click();
    harness.run();
    assert!(
        matches!(&desk.told()[..], [Command::Send { to, what: Outgoing::Text(text), .. }] if *to == [DAD] && text == "你好")
    );
    assert!(harness.state_mut().draft().is_empty());
}

#[test]
fn after_escape_from_a_question_the_keyboard_is_where_one_writes() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "爸爸的电脑, ");
    harness.event(egui::Event::Text("你好".into()));
    harness.run();
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert!(shows(&harness, "First time: is this the right one?"));
    harness.key_press(egui::Key::Escape);
    harness.run();
    assert!(!shows(&harness, "First time: is this the right one?") && desk.told().is_empty());
    assert!(harness.get_by_label("Message").is_focused());
    harness.event(egui::Event::Text("！".into()));
    harness.run();
    assert_eq!(harness.state_mut().draft().text, "你好！");
}

#[test]
fn a_drop_onto_a_computer_for_the_first_time_asks_too() {
    let (mut harness, desk) = window(snapshot());
    harness.state_mut().actions.push(Action::SendPaths { to: vec![DAD], paths: vec!["/a.jpg".into()] });
    harness.run();
    assert!(shows(&harness, "First time: is this the right one?"));
    assert!(desk.told().is_empty());
}

#[test]
fn a_computer_that_nobody_answers_for_can_be_typed_again() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Add a computer…");
    harness.get_by_label("Name or address").type_text("192.168.1.99");
    harness.run();
    harness.get_by_label("Connect").click();
    harness.run_steps(3);
    assert!(matches!(&desk.told()[..], [Command::Resolve { whom, new: true, .. }] if whom == "192.168.1.99"));
}

#[test]
fn whom_the_first_question_is_about_learns_that_something_waits_until_it_is_answered() {
    let (mut harness, desk) = window(snapshot());
    for answer in ["Cancel", "Send"] {
        let to = vec![DAD, OFFICE];
        harness.state_mut().actions.push(Action::SendPaths { to, paths: vec!["/a.jpg".into()] });
        harness.run();
        assert_eq!(desk.inside().waited_for, [DAD], "Office PC was compared");
        harness.get_all_by_label(answer).last().unwrap().click();
        harness.run();
        assert!(desk.inside().waited_for.is_empty(), "{answer}");
    }
    assert!(matches!(desk.told()[..], [Command::Send { .. }]));
}

#[test]
fn a_computer_where_something_waits_says_so_and_no_more() {
    let mut all = snapshot();
    all.computers[2].waits = true;
    let (harness, _) = window(all);
    assert!(shows(&harness, "Wants to send something"));
}

#[test]
fn a_verified_computers_pictures_are_shown_as_they_are() {
    let mut png = Vec::new();
    let red = image::RgbImage::from_pixel(40, 30, image::Rgb([200, 0, 0]));
    red.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let thumbnail = crate::engine::api::Thumbnail { number: 1, encoded: png.into() };
    let (harness, _) = asking(|ask| {
        ask.verified = true;
        ask.thumbnails = Arc::new(BTreeMap::from([(0, thumbnail)]));
    });
    assert!(harness.query_by_role_and_label(egui::accesskit::Role::Image, "Picture holiday.jpg").is_some());
}
