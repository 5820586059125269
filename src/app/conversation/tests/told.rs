//! What is said of each entry: who, when, what, how it stands.

use super::*;

#[test]
fn every_entry_is_read_as_one_sentence_with_who_when_what_and_how_it_stands() {
    let entries = [
        received(1, NOON, "Did the pictures arrive?"),
        sent(2, NOON + MINUTE, "收到了，谢谢！"),
        entry(3, NOON, Direction::Received, items(vec![file(0, "report.pdf", 6_100_000)]), State::Saved),
    ];
    let window = Room::new(entries).harness();
    let time = |window: &Window<'_>, at| window.state().texts.time_of_day(crate::store::model::Millis(at));
    window.get_by_label(&format!("Office PC, {}: Did the pictures arrive?", time(&window, NOON)));
    window.get_by_label(&format!("You, {}: 收到了，谢谢！. Delivered", time(&window, NOON + MINUTE)));
    window.get_by_label(&format!("Office PC, {}: report.pdf, 6.1\u{a0}MB. Saved", time(&window, NOON)));
    window.get_by_role_and_label(Role::Label, "Did the pictures arrive?");
    window.get_by_role_and_label(Role::Label, "收到了，谢谢！");
}

#[test]
fn each_way_a_sending_ends_is_said_in_words() {
    let ends = [
        (State::Saved, "Saved on Office PC"),
        (State::Waiting, "Waiting for Office PC to answer"),
        (State::Declined, "Office PC declined"),
        (State::Cancelled { here: true }, "You cancelled it"),
        (State::Cancelled { here: false }, "Office PC cancelled it"),
        (State::Stopped(Problem::DiskFull { here: false }), "Stopped: the other computer’s disk is full"),
        (State::Stopped(Problem::ComputerGone), "Stopped: the connection to the other computer was lost"),
    ];
    for (state, sentence) in ends {
        let body = items(vec![file(0, "a.zip", 5)]);
        let window = Room::new([entry(1, NOON, Direction::Sent, body, state.clone())]).harness();
        let said = window.query_all_by_label_contains(sentence).count();
        assert!(said > 0, "{state:?}: {sentence}");
    }
}

#[test]
fn a_folder_that_came_without_some_of_its_files_says_how_many_and_why_the_first() {
    let problem = Problem::SourceUnreadable { name: "day 1/a.jpg".into() };
    let place = tempfile::tempdir().unwrap();
    let state = ItemState::SavedWithout { count: 2, problem };
    let trip = Item { state, path: Some(place.path().into()), ..folder(0, "trip", 9, 4) };
    let window = Room::new([entry(1, NOON, Direction::Received, items(vec![trip.clone()]), State::Saved)]).harness();
    for said in ["12:00 · Saved, without 2 files", "Saved, without 2 files · day 1/a.jpg can’t be read"] {
        assert!(window.query_all_by_label_contains(said).count() > 0, "{said}");
    }

    let sent = entry(1, NOON, Direction::Sent, items(vec![trip]), State::Saved);
    let window = Room::new([sent]).language("zh-CN").harness();
    assert!(window.query_all_by_label_contains(" · 已保存到“Office PC”，缺少 2 个文件").count() > 0);
}

#[test]
fn what_moves_says_how_far_how_fast_and_how_long_and_can_be_cancelled() {
    let pending = Item { state: ItemState::Pending, ..file(0, "film.mp4", 1_000) };
    let moving = entry(1, NOON, Direction::Sent, items(vec![pending]), State::Running);
    let mut room = Room::new([moving.clone()]);
    room.run(vec![running(&moving, Phase::Moving, 637, 1_000)]);
    let mut window = room.harness();
    window.get_by_label_contains(" · Sending 63\u{a0}% · 84.0\u{a0}MB/s · 12\u{a0}s left");
    window.get_by_label("Cancel").click();
    window.run();
    let transfer = only(&mut window, |action| match action {
        Action::Cancel { with, transfer } if *with == OFFICE => Some(*transfer),
        _ => None,
    });
    assert_eq!(transfer, moving.transfer);

    let mut done = (*moving).clone();
    done.state = State::Saved;
    window.state_mut().put(Arc::new(done));
    window.state_mut().run(Vec::new());
    window.run();
    window.get_by_label_contains(" · Saved on Office PC");
    assert!(window.query_by_label("Cancel").is_none());
}

#[test]
fn what_went_to_several_tells_the_state_of_each() {
    let studio = Fingerprint([9; 32]);
    let to = |seq, with, state| {
        let entry = sent(seq, NOON, "lunch?");
        let group = crate::store::model::GroupId([3; 16]);
        Arc::new(Entry { with, state, group, ..(*entry).clone() })
    };
    let mut room = Room::new([to(1, OFFICE, State::Saved), received(3, NOON, "only from the office")]);
    room.meet(computer(studio, "Studio Mac"));
    room.load(studio, [to(2, studio, State::Stopped(Problem::NotReachable))], 0);
    room.model.chosen = vec![OFFICE, studio];
    let window = room.harness();
    assert_eq!(window.query_all_by_role_and_label(Role::Label, "lunch?").count(), 1, "it is shown once");
    window.get_by_label_contains("Office PC: Delivered");
    window.get_by_label_contains("Studio Mac: Stopped: the other computer can’t be reached right now");
    assert!(window.query_by_label_contains("only from the office").is_none());
}

#[test]
fn an_empty_conversation_says_what_to_do() {
    let window = Room::new([]).harness();
    window.get_by_label("Nothing here yet");
    window.get_by_label("Write something, or drop pictures and files here");
}
