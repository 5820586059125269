//! A window with nothing but the conversation, for tests: what is in it, and what was asked of it.

use std::sync::Arc;

use egui::{Ui, Vec2};
use egui_kittest::Harness;

use super::{ConversationView, samples::OFFICE};
use crate::{
    app::{
        Scene,
        actions::Action,
        design, fonts,
        model::{Draft, Model},
        previews::Previews,
    },
    engine::api::{Computer, DeviceKind, PageAt, Presence, Running, Snapshot},
    i18n::{Language, Texts},
    protocol::Fingerprint,
    store::model::{Entry, Rule},
};

pub struct Room {
    pub view: ConversationView,
    pub model: Model,
    pub texts: Texts,
    pub previews: Option<Previews>,
    pub draft: Draft,
    pub actions: Vec<Action>,
}

impl Room {
    /// A conversation with Office PC.
    pub fn new(entries: impl IntoIterator<Item = Arc<Entry>>) -> Self {
        let mut model = Model { can_drop: true, ..Model::default() };
        let snapshot = Snapshot { computers: vec![computer(OFFICE, "Office PC")], ..Snapshot::default() };
        model.snapshot = Arc::new(snapshot);
        model.chosen = vec![OFFICE];
        let mut room = Self {
            view: ConversationView::default(),
            model,
            texts: Texts::new(Language::for_tag("en").unwrap()),
            previews: None,
            draft: Draft::default(),
            actions: Vec::new(),
        };
        room.load(OFFICE, entries, 0);
        room
    }

    /// A page just before what is loaded, with so many before it.
    pub fn load(&mut self, with: Fingerprint, entries: impl IntoIterator<Item = Arc<Entry>>, before: u64) {
        let conversation = self.model.conversations.entry(with).or_default();
        let at = conversation.ends().map_or(PageAt::End, |(first, _)| PageAt::Before(first));
        conversation.take_page(at, entries.into_iter().collect(), before, 0);
    }

    /// An entry that came, or changed.
    pub fn put(&mut self, entry: Arc<Entry>) {
        self.model.conversations.entry(entry.with).or_default().take_change(entry);
    }

    pub fn run(&mut self, transfers: Vec<Running>) {
        let mut snapshot = (*self.model.snapshot).clone();
        snapshot.transfers = transfers;
        self.model.snapshot = Arc::new(snapshot);
    }

    pub fn meet(&mut self, computer: Computer) {
        let mut snapshot = (*self.model.snapshot).clone();
        snapshot.computers.push(computer);
        self.model.snapshot = Arc::new(snapshot);
    }

    pub fn language(mut self, tag: &str) -> Self {
        self.texts = Texts::new(Language::for_tag(tag).unwrap());
        self
    }

    pub fn show(&mut self, ui: &mut Ui) {
        let Self { view, model, texts, previews, draft, actions } = self;
        let previews = previews.get_or_insert_with(|| Previews::new(ui.ctx()));
        previews.logic(ui.ctx());
        let mut scene = Scene { model, texts, previews, draft, actions };
        view.show(ui, &mut scene);
    }

    pub fn harness<'a>(self) -> Harness<'a, Self> {
        self.harness_of(Vec2::new(760.0, 620.0))
    }

    pub fn harness_of<'a>(self, size: Vec2) -> Harness<'a, Self> {
        let language = self.texts.language();
        let mut harness = Harness::builder()
            .with_size(size)
            .with_max_steps(40)
            .allow_missing_glyphs()
            .with_context_setup(move |ctx| {
                fonts::install(ctx, language);
                design::install(ctx);
            })
            .build_ui_state(|ui, room: &mut Self| room.show(ui), self);
        harness.run();
        harness
    }
}

pub fn computer(fingerprint: Fingerprint, name: &str) -> Computer {
    Computer {
        fingerprint,
        name: name.to_owned(),
        kind: DeviceKind::Computer,
        verified: true,
        rule: Rule::Ask,
        confirmed: true,
        new: false,
        presence: Presence::Reachable,
        addresses: Vec::new(),
        port: 53317,
        unread: 0,
        first_seen: None,
        last_seen: None,
        folder: None,
        impostor_of: None,
        waits: false,
    }
}
