//! Real small pictures of what is offered, only between computers whose people compared.

use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

use super::{puppet::Puppet, puppet::Wire, *};
use crate::{
    pictures::thumbnail_from,
    protocol::message::{self, ByeReason, Item as WireItem, ItemKind as WireKind, Message, Offer},
};

/// A PNG that can't be compressed.
fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut png = Vec::new();
    let pixels = noise((width * height * 3) as usize);
    PngEncoder::new(&mut png).write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    png
}

fn verify(machine: &Machine, with: Fingerprint) {
    machine.until("it to be there", |snapshot| snapshot.computers.iter().find(|one| one.fingerprint == with).map(drop));
    assert!(matches!(machine.ask(Command::Verify { with, verified: true }), Ok(Reply::Done)));
}

fn offer(transfer: TransferId, names: &[&str]) -> Message {
    let item = |name: &&str| WireItem {
        kind: WireKind::File,
        name: (*name).to_owned(),
        size: 10,
        files: 1,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    };
    Message::Offer(Offer { transfer, items: names.iter().map(item).collect(), for_take: false, again: false })
}

fn thumbnails(transfer: TransferId, pictures: &[(u32, &[u8])]) -> Message {
    let pictures =
        pictures.iter().map(|(item, bytes)| message::Thumbnail { item: *item, picture: bytes.to_vec().into() });
    Message::Thumbnails(message::Thumbnails { transfer, pictures: pictures.collect() })
}

fn asked(machine: &Machine, with: Fingerprint, transfer: TransferId) -> Ask {
    machine.until("the question", |snapshot| {
        snapshot.asks.iter().find(|ask| (ask.with, ask.transfer) == (with, transfer)).cloned()
    })
}

#[test]
fn between_verified_computers_the_first_dozen_pictures_come_small_with_the_question_and_never_reach_the_disk() {
    let (one, other) = pair();
    verify(&one, other.id());
    verify(&other, one.id());
    let names: Vec<String> = (0..14).map(|n| format!("holiday {n:02}.png")).collect();
    let mut paths: Vec<PathBuf> = names.iter().map(|name| one.file(name, picture(400, 300))).collect();
    paths.insert(3, one.file("letter.txt", "no picture"));
    let sent = one.send(&[&other], Outgoing::paths(paths))[0];
    let ask =
        other.until("all that comes", |snapshot| snapshot.asks.iter().find(|ask| ask.thumbnails.len() == 12).cloned());
    for (item, thumbnail) in &*ask.thumbnails {
        assert!(ask.items[*item as usize].name.starts_with("holiday"));
        assert!(thumbnail.encoded.len() <= 16 * 1024);
        let small = thumbnail_from(&thumbnail.encoded).unwrap();
        assert!((small.size.aspect() - 4.0 / 3.0).abs() < 0.05, "{:?}", small.size);
    }
    assert!(!other.config.home.received.exists(), "no folder, no file");
    other.answer(&ask, ACCEPT);
    one.until_state(&other, sent, &State::Saved);
    other.until("an end", |snapshot| snapshot.transfers.is_empty().then_some(()));
}

#[test]
fn no_picture_goes_to_a_computer_that_is_not_verified_here() {
    let net = Net::new();
    let machine = net.computer("Studio Mac");
    let (trusted, stranger) = (Puppet::new("Trusted"), Puppet::new("Stranger"));
    let (mut to_trusted, mut to_stranger) = (trusted.dial(&machine), stranger.dial(&machine));
    verify(&machine, trusted.id);
    let what = Outgoing::paths(vec![machine.file("holiday.png", picture(300, 200))]);
    let sent = machine.ask(Command::Send { to: vec![trusted.id, stranger.id], what, keep: false });
    let Ok(Reply::Sent { transfers, .. }) = sent else { panic!("{sent:?}") };
    assert!(matches!(to_trusted.hear(), Some(Message::Offer(_))));
    let Some(Message::Thumbnails(came)) = to_trusted.hear() else { panic!("no thumbnails") };
    assert!(thumbnail_from(&came.pictures[0].picture).is_some());
    // By now they are made, and would have gone there too.
    for (with, transfer) in transfers {
        assert!(matches!(machine.ask(Command::Cancel { with, transfer }), Ok(Reply::Done)));
    }
    assert!(matches!(to_stranger.hear(), Some(Message::Offer(_))));
    let next = to_stranger.hear();
    assert!(matches!(next, Some(Message::Cancel { .. })), "{next:?}");
}

#[test]
fn pictures_of_computers_that_are_not_verified_here_are_not_looked_at() {
    let net = Net::new();
    let machine = net.computer("Office PC");
    let (known, trusted) = (Puppet::new("Known"), Puppet::new("Trusted"));
    let (mut from_known, mut from_trusted) = (known.dial(&machine), trusted.dial(&machine));
    verify(&machine, known.id);
    assert!(matches!(machine.ask(Command::Verify { with: known.id, verified: false }), Ok(Reply::Done)));
    verify(&machine, trusted.id);
    let transfer = TransferId([1; 16]);
    for from in [&mut from_known, &mut from_trusted] {
        from.say(&offer(transfer, &["holiday.png"]));
        from.say(&thumbnails(transfer, &[(0, &picture(40, 30))]));
        // Whoever is answered was heard.
        from.say(&Message::Browse { request: 1 });
        while !matches!(from.hear(), Some(Message::Shelf(_))) {}
    }
    // One after the other is looked at.
    machine.until("the trusted one's", |snapshot| {
        snapshot.asks.iter().find(|ask| ask.with == trusted.id && ask.thumbnails.len() == 1).map(drop)
    });
    assert!(asked(&machine, known.id, transfer).thumbnails.is_empty());
}

#[test]
fn a_damaged_a_huge_and_a_needless_thumbnail_cost_only_themselves() {
    let net = Net::new();
    let machine = net.computer("Office PC");
    let puppet = Puppet::new("Trusted");
    let mut from = puppet.dial(&machine);
    verify(&machine, puppet.id);
    let transfer = TransferId([1; 16]);
    from.say(&offer(transfer, &["0.png", "1.png", "2.png", "3.png", "4.png"]));
    // Nothing was offered under this id.
    from.say(&thumbnails(TransferId([2; 16]), &[(0, &picture(40, 30))]));
    let mut bomb = picture(40, 30);
    bomb[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let mut wide = picture(40, 30);
    wide[16..20].copy_from_slice(&600_u32.to_be_bytes());
    let mut damaged = picture(40, 30);
    damaged.truncate(60);
    let good = picture(40, 30);
    from.say(&thumbnails(transfer, &[(0, &bomb), (1, b"not a picture"), (2, &damaged), (3, &wide)]));
    from.say(&thumbnails(transfer, &[(4, &good), (4, &picture(20, 20))]));
    let shown = machine.until("the good one", |snapshot| {
        snapshot.asks.iter().find(|ask| !ask.thumbnails.is_empty()).map(|ask| ask.thumbnails.clone())
    });
    assert_eq!(shown.keys().copied().collect::<Vec<_>>(), [4]);
    assert_eq!(*shown[&4].encoded, *good, "the first of two stays");
    assert!(!machine.config.home.received.exists());
}

#[test]
fn thirteen_thumbnails_a_larger_one_and_one_of_no_item_end_the_connection() {
    let small = picture(10, 10);
    let thirteen: Vec<(u32, &[u8])> = vec![(0, &small[..]); 13];
    let large = vec![0xFF; 17_000];
    let cases = [thirteen, vec![(0, &large[..])], vec![(0, &[][..])], vec![(1, &small[..])]];
    let net = Net::new();
    let machine = net.computer("Office PC");
    for case in cases {
        let puppet = Puppet::new("Trusted");
        let mut from = puppet.dial(&machine);
        verify(&machine, puppet.id);
        from.say(&offer(TransferId([1; 16]), &["0.png"]));
        from.say(&thumbnails(TransferId([1; 16]), &case));
        from.hears_bye(ByeReason::Misbehaved);
    }
}

#[test]
fn floods_of_thumbnails_are_held_within_their_bound_and_an_offer_after_them_is_asked_about() {
    const OFFERS: u8 = 16;
    let net = Net::new();
    let machine = net.computer("Office PC");
    let large = picture(80, 67);
    assert!((15_000..=16 * 1024).contains(&large.len()), "{}", large.len());
    let names: Vec<String> = (0..20).map(|n| format!("{n}.png")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let puppets: Vec<Puppet> = (0..3).map(|_| Puppet::new("Trusted")).collect();
    let mut wires: Vec<Wire<'_>> = puppets.iter().map(|puppet| puppet.dial(&machine)).collect();
    for (puppet, from) in puppets.iter().zip(&mut wires) {
        verify(&machine, puppet.id);
        for n in 0..OFFERS {
            let transfer = TransferId([n; 16]);
            from.say(&offer(transfer, &names));
            // Twenty of one offer, six at a time and all of them twice.
            for _ in 0..2 {
                for items in [0..6, 6..12, 12..18, 18..20_u32] {
                    let pictures: Vec<(u32, &[u8])> = items.map(|item| (item, &large[..])).collect();
                    from.say(&thumbnails(transfer, &pictures));
                }
            }
        }
    }
    let held = |snapshot: &Snapshot| -> (usize, usize) {
        let all = snapshot.asks.iter().map(|ask| &ask.thumbnails);
        let most = all.clone().map(|thumbnails| thumbnails.len()).max().unwrap_or_default();
        (most, all.flat_map(|thumbnails| thumbnails.values()).map(|one| one.encoded.len()).sum())
    };
    const ROOM: usize = 8 * 1024 * 1024;
    machine.until("the room to be full", |snapshot| {
        let (most, bytes) = held(snapshot);
        assert!(most <= 12 && bytes <= ROOM, "{most} of one, {bytes} bytes of all");
        (bytes > ROOM - 2 * 16 * 1024).then_some(())
    });
    let honest = net.computer("Studio Mac");
    honest.sees(&machine);
    let sent = honest.send_paths(&machine, &[&honest.file("letter", "hello")]);
    let ask = asked(&machine, honest.id(), sent);
    machine.answer(&ask, ACCEPT);
    honest.until_state(&machine, sent, &State::Saved);
}
