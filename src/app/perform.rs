//! Doing what a person asked for.

use std::{path::PathBuf, sync::Arc, time::Duration};

use egui::ViewportCommand;

use super::{
    App,
    actions::Then,
    actions::{Action, ViewerTarget},
    album,
    dialogs::{self, Adding, Dialog},
    first_time::{self, FirstTime},
    known::AboutView,
    model::{Chip, ChipKind, Draft, FOUND, Model, PAGE, Purpose, Search},
    pickers::{self, NotOpened, Wanted},
    settings::SettingsView,
    viewer,
};
use crate::{
    engine::api::{Body, Command, Direction, Entry, Form, Item, Outgoing, PageAt, Parcel, Settings, Thing, Towards},
    pictures,
    platform::reveal,
    protocol::{Fingerprint, limits},
    store::model::ItemState,
};

/// How long a typed address is looked for.
const FIND_WITHIN: Duration = Duration::from_secs(6);

/// Entries with pictures that the viewer asks for at once.
const MORE_PICTURES: usize = 50;

impl App {
    pub(super) fn perform(&mut self, ctx: &egui::Context, frame: &eframe::Frame, action: Action) {
        match action {
            Action::Choose(who) => {
                self.model.anchor = Some(who);
                self.choose(vec![who]);
                self.conversation.focus_composer();
            }
            Action::ChooseAlso(who) => self.choose_also(who),
            Action::ChooseTo(who) => self.choose_to(who),
            Action::ChooseNone => self.choose(Vec::new()),

            Action::SendDraft => self.send_draft(),
            Action::Attach(paths) if self.model.chosen.is_empty() => self.ask_whom(paths),
            Action::Attach(paths) => self.errands.look(self.model.chosen.clone(), paths),
            Action::AttachPicture { name, png, width, height } => {
                let key = self.model.chosen.clone();
                self.add_chip(&key, name, ChipKind::Picture { png, width, height });
            }
            Action::SetForm(form) => self.draft().form = form,
            Action::Detach { chip } => {
                self.draft().chips.retain(|there| there.id != chip);
                self.previews.forget_pasted(chip);
            }
            Action::PickFiles => self.pick(ctx, frame, pickers::Purpose::Files),
            Action::PickPictures => self.pick(ctx, frame, pickers::Purpose::Pictures),
            Action::PickFolder => self.pick(ctx, frame, pickers::Purpose::Folder),
            Action::Paste => self.paste.read(ctx),
            Action::SendPaths { to, paths } => self.send_paths(to, paths),
            Action::AskWhom(paths) => self.ask_whom(paths),
            Action::SendConfirmed { to, what, undo } => self.send_now(&to, what, undo.as_deref()),

            Action::Answer { with, transfer, decision } => {
                self.command(Command::Answer { with, transfer, decision }, Purpose::Plain);
            }
            Action::HideStrangers(during) => {
                self.command(Command::HideStrangers { during }, Purpose::Plain);
                self.toasts.say(self.texts.strangers_hidden());
            }
            Action::PickAskFolder { with, transfer } => {
                self.pick(ctx, frame, pickers::Purpose::AskFolder { with, transfer });
            }

            Action::Cancel { with, transfer } => self.command(Command::Cancel { with, transfer }, Purpose::Plain),
            Action::Pause { with, transfer } => self.command(Command::Pause { with, transfer }, Purpose::Plain),
            Action::Continue { with, transfer } => {
                self.command(Command::Continue { with, transfer }, Purpose::Plain);
            }
            Action::Sooner { with, transfer, first } => {
                self.command(Command::Sooner { with, transfer, first }, Purpose::Plain);
            }
            Action::SendAgain(entry) => self.send_again(&entry),
            Action::SendCopy(entry) => self.send_copy(&entry),
            Action::Load { with, at } => self.load(with, at),
            Action::MarkRead(with) => self.command(Command::MarkRead { with }, Purpose::Quiet),
            Action::RemoveEntry { seq } => self.command(Command::RemoveEntry { seq }, Purpose::Plain),

            Action::OpenSearch => self.conversation.toggle_search(),
            Action::SearchEverywhere => self.conversation.search_everywhere(),
            Action::Search { text, with } => self.search(text, with),
            Action::View(target) => self.view(&target),
            Action::MorePictures { with, towards } => {
                let limit = MORE_PICTURES;
                self.command(Command::Pictures { with, towards, limit }, Purpose::Pictures(towards));
            }
            Action::CloseViewer => self.viewer.close(),

            Action::CopyText(text) => self.paste.copy_text(ctx, text),
            Action::CopyFiles(paths) => self.paste.copy_files(ctx, paths),
            Action::CopyPicture(path) => self.errands.load_picture(path),
            Action::MoveToBin(path) => self.command(Command::Needed { path: path.clone() }, Purpose::Bin(path)),
            Action::SaveAs(path) => self.pick(ctx, frame, pickers::Purpose::SaveFile(path)),
            Action::SaveAll(paths) => self.pick(ctx, frame, pickers::Purpose::SaveAll(paths)),
            Action::SaveText(text) => self.pick(ctx, frame, pickers::Purpose::SaveText(text)),
            Action::Open(path) => reveal::open(path, self.errands.opener()),
            Action::ShowInFolder(path) => reveal::reveal(path, self.errands.opener()),
            Action::OpenLink(link) => reveal::open_link(&link, self.errands.opener()),
            other => self.perform_rest(ctx, frame, other),
        }
    }

    /// What concerns a computer, the window itself and its settings.
    fn perform_rest(&mut self, ctx: &egui::Context, frame: &eframe::Frame, action: Action) {
        match action {
            Action::SetRule { with, rule } => self.command(Command::SetRule { with, rule }, Purpose::Plain),
            Action::Compare { with, then } => self.compare(with, then),
            Action::CompareAgain(with) => self.compare_again(with),
            Action::Compared { with, same, then } => self.compared(with, same, then),
            Action::EndCompare(with) => self.end_comparing(with),
            Action::ShowDiffers(with) => self.show_differs(with),
            Action::ShowKnown => self.open(Dialog::Known),
            Action::ShowAbout(who) => self.open(Dialog::About(AboutView::new(who, self.model.name(who)))),
            Action::PickFolderOf(who) => self.pick(ctx, frame, pickers::Purpose::FolderOf(who)),
            Action::SetFolder { with, folder } => self.command(Command::SetFolder { with, folder }, Purpose::Plain),
            Action::AskRename(who) => {
                self.open(Dialog::Rename { who, text: self.model.name(who) });
            }
            Action::Rename { with, name } => self.command(Command::Rename { with, name }, Purpose::Plain),
            Action::AskForget(who) => self.open(Dialog::Forget(who)),
            Action::Forget(with) => {
                self.model.conversations.remove(&with);
                self.command(Command::Forget { with }, Purpose::Plain);
            }
            Action::AskBlock(who) => self.open(Dialog::Block(who)),
            Action::AskClear(who) => self.open(Dialog::Clear(who)),
            Action::RemoveConversation(with) => {
                self.command(Command::RemoveConversation { with }, Purpose::Plain);
            }
            Action::AskAdd => self.open(Dialog::Add(Adding::default())),
            Action::Find(whom) => {
                self.command(Command::Resolve { whom, new: true, within: FIND_WITHIN }, Purpose::Resolve);
            }
            Action::Refresh => self.command(Command::Refresh, Purpose::Quiet),
            Action::ShowHelp => self.open(Dialog::Help),
            Action::ShowSettings => {
                let view = SettingsView::new(&self.settings, &self.model.snapshot.me.name);
                self.open(Dialog::Settings(view));
            }
            Action::ChangeSettings(settings) => self.command(Command::ChangeSettings(settings), Purpose::Plain),
            Action::PickReceiveFolder => self.pick(ctx, frame, pickers::Purpose::ReceiveFolder),
            Action::ShowReceived => reveal::open(self.model.snapshot.me.folder.clone(), self.errands.opener()),
            Action::CloseDialog => self.close_dialog(),
            Action::DismissNotice(notice) => self.model.dismissed.push(notice),
            Action::Toast(text) => self.toasts.say(text),
            Action::Quit => self.quit(ctx),
            // Performed before.
            _ => {}
        }
    }

    /// Closes the window, whatever is under way: it goes on next time.
    pub(super) fn quit(&mut self, ctx: &egui::Context) {
        self.quitting = true;
        ctx.send_viewport_cmd(ViewportCommand::Close);
    }

    pub(super) fn choose(&mut self, chosen: Vec<Fingerprint>) {
        if self.model.chosen != chosen {
            self.model.search = None;
            self.model.chosen = chosen;
            if self.model.chosen.len() > 1 {
                // What was sent to all of them is looked for at the end of each conversation.
                let Model { conversations, chosen, .. } = &mut self.model;
                conversations.retain(|with, conversation| conversation.after == 0 || !chosen.contains(with));
            }
        }
        // What nothing was written into needn't be kept.
        self.drafts.retain(|_, draft| !draft.is_empty());
    }

    fn choose_also(&mut self, who: Fingerprint) {
        self.model.anchor = Some(who);
        let mut chosen = self.model.chosen.clone();
        match chosen.iter().position(|&there| there == who) {
            Some(at) => drop(chosen.remove(at)),
            None => chosen.push(who),
        }
        self.carry_draft(&chosen);
        self.choose(chosen);
    }

    fn choose_to(&mut self, who: Fingerprint) {
        let all: Vec<Fingerprint> = self.model.listed().iter().map(|computer| computer.fingerprint).collect();
        let place = |who| all.iter().position(|&there| there == who);
        let anchor = self.model.anchor.and_then(place);
        let (Some(from), Some(to)) = (anchor, place(who)) else { return self.choose(vec![who]) };
        let chosen = all[from.min(to)..=from.max(to)].to_vec();
        self.carry_draft(&chosen);
        self.choose(chosen);
    }

    /// Choosing one more takes along what was being written.
    fn carry_draft(&mut self, chosen: &[Fingerprint]) {
        if chosen.is_empty() || self.drafts.get(chosen).is_some_and(|draft| !draft.is_empty()) {
            return;
        }
        if let Some(draft) = self.drafts.remove(&self.model.chosen) {
            self.drafts.insert(chosen.to_vec(), draft);
        }
    }

    pub(super) fn draft(&mut self) -> &mut Draft {
        self.drafts.entry(self.model.chosen.clone()).or_default()
    }

    fn send_draft(&mut self) {
        let to = self.model.chosen.clone();
        if to.is_empty() || self.draft().is_empty() {
            return;
        }
        if self.draft().text.trim().len() > limits::MAX_TEXT {
            self.toasts.say(self.texts.text_too_long());
            return;
        }
        if self.draft().keeps_metadata().is_some() {
            // It is said above the text.
            return;
        }
        let draft = std::mem::take(self.draft());
        let thing = |chip: Chip| match chip.what {
            ChipKind::File { path, .. } | ChipKind::Folder { path } => Thing::Path(path),
            ChipKind::Picture { png, .. } => Thing::Pasted { name: format!("{}.png", chip.name), png },
        };
        let things: Vec<Thing> = draft.chips.into_iter().map(thing).collect();
        let mut what = Vec::new();
        if !things.is_empty() {
            what.push(Outgoing::Parcel(Parcel { things, form: draft.form, copies: false }));
        }
        let text = draft.text.trim();
        if !text.is_empty() {
            what.push(Outgoing::Text(text.to_owned()));
        }
        self.send(to, what, None);
    }

    fn send_paths(&mut self, to: Vec<Fingerprint>, paths: Vec<PathBuf>) {
        if paths.is_empty() || to.is_empty() {
            return;
        }
        let what = match &paths[..] {
            [one] => dialogs::shown_name(one),
            several => self.texts.items(several.len() as u64),
        };
        let names: Vec<String> = to.iter().map(|&who| self.model.name(who)).collect();
        let names = self.texts.list(names.iter().map(String::as_str));
        let away = to.iter().all(|&who| self.model.is_away(who));
        let undo = if away { self.texts.drop_waiting(&what, &names) } else { self.texts.drop_sending(&what, &names) };
        if let [one] = to[..] {
            self.model.anchor = Some(one);
            self.choose(vec![one]);
        }
        self.send(to, vec![Outgoing::paths(paths)], Some(undo));
    }

    /// Sends, or asks first whether it is the right one.
    fn send(&mut self, to: Vec<Fingerprint>, what: Vec<Outgoing>, undo: Option<String>) {
        if to.iter().any(|&who| self.model.computer(who).is_none_or(first_time::is_unsure)) {
            self.open(Dialog::FirstTime(FirstTime { to, what, undo, answered: false }));
        } else {
            self.send_now(&to, what, undo.as_deref());
        }
    }

    pub(super) fn send_now(&mut self, to: &[Fingerprint], what: Vec<Outgoing>, undo: Option<&str>) {
        for what in what {
            let command = Command::Send { to: to.to_vec(), what: what.clone(), keep: true };
            self.command(command, Purpose::Send { to: to.to_vec(), what, undo: undo.map(str::to_owned) });
        }
    }

    /// Into the composer again: it couldn't be sent, or this person said no.
    pub(super) fn put_back(&mut self, to: Vec<Fingerprint>, what: Outgoing) {
        match what {
            Outgoing::Text(text) => {
                let draft = self.drafts.entry(to).or_default();
                draft.text = if draft.text.is_empty() { text } else { format!("{text}\n{}", draft.text) };
                self.conversation.focus_end_of_composer();
            }
            Outgoing::Parcel(Parcel { things, form, .. }) => {
                self.drafts.entry(to.clone()).or_default().form = form;
                let mut paths = Vec::new();
                for thing in things {
                    match thing {
                        Thing::Path(path) => paths.push(path),
                        Thing::Pasted { name, png } => {
                            let name = name.trim_end_matches(".png").to_owned();
                            let pictures::Size { width, height } = pictures::size_of_png(&png).unwrap_or_default();
                            self.add_chip(&to, name, ChipKind::Picture { png, width, height });
                        }
                    }
                }
                if !paths.is_empty() {
                    self.errands.look(to, paths);
                }
            }
        }
    }

    fn send_again(&mut self, entry: &Entry) {
        let what = match &entry.body {
            Body::Text(text) => Outgoing::Text(text.clone()),
            Body::Items { items, .. } if entry.direction == Direction::Sent => {
                parcel(items.iter().filter(|item| !item.state.is_saved()), false)
            }
            Body::Items { .. } => return,
        };
        self.send(vec![entry.with], vec![what], None);
    }

    fn send_copy(&mut self, entry: &Entry) {
        let Body::Items { items, .. } = &entry.body else { return };
        self.send(vec![entry.with], vec![parcel(items.iter(), true)], None);
    }

    pub(super) fn open(&mut self, dialog: Dialog) {
        self.close_dialog();
        self.dialog = Some(dialog);
    }

    pub(super) fn close_dialog(&mut self) {
        if let Some(dialog) = self.dialog.take() {
            self.closed(dialog);
        }
    }

    /// What was written for somebody who turned out to be the wrong one is not lost, and the keyboard is where one writes.
    pub(super) fn closed(&mut self, dialog: Dialog) {
        self.conversation.focus_composer();
        let (to, what) = match dialog {
            Dialog::FirstTime(FirstTime { to, what, undo: None, answered: false }) => (to, what),
            Dialog::Compare(view) => {
                self.end_comparing(view.who);
                match view.then {
                    Then::Send { to, what, undo: None } => (to, what),
                    _ => return,
                }
            }
            _ => return,
        };
        for what in what {
            self.put_back(to.clone(), what);
        }
    }

    fn ask_whom(&mut self, paths: Vec<PathBuf>) {
        self.open(Dialog::Whom { what: paths });
    }

    fn load(&mut self, with: Fingerprint, at: PageAt) {
        let Some(conversation) = self.model.conversations.get_mut(&with) else { return };
        if !conversation.loading {
            conversation.loading = true;
            self.command(Command::Page { with, at, limit: PAGE }, Purpose::Page { with, at });
        }
    }

    fn search(&mut self, text: String, with: Option<Fingerprint>) {
        if text.trim().is_empty() {
            self.model.search = None;
            return;
        }
        self.model.search = Some(Search { text: text.clone(), with, found: None });
        self.command(Command::Search { text: text.clone(), with, limit: FOUND }, Purpose::Found { text, with });
    }

    /// Opens the viewer over the pictures of a conversation that lie on this disk: those of the loaded stretch at once.
    fn view(&mut self, target: &ViewerTarget) {
        let Some(conversation) = self.model.conversation(target.with) else { return };
        let mut at = None;
        let mut pictures = Vec::new();
        for entry in conversation.entries() {
            for (item, shown) in self.pictures_of(entry) {
                if entry.seq == target.seq && item == target.item {
                    at = Some(pictures.len());
                }
                pictures.push(shown);
            }
        }
        let (first, last) = conversation.ends().unzip();
        let older = first.filter(|_| conversation.before > 0);
        let newer = last.filter(|_| conversation.after > 0);
        let gallery = at.and_then(|at| viewer::Gallery::new(pictures, at));
        if let Some(gallery) = gallery {
            self.viewer.open(gallery.of_conversation(target.with, older, newer));
        }
    }

    /// More of them for the viewer, the nearest first.
    pub(super) fn take_pictures(&mut self, towards: Towards, entries: &[Arc<Entry>]) {
        let beyond = entries.last().filter(|_| entries.len() == MORE_PICTURES).map(|entry| entry.seq);
        let shown = |entry: &Arc<Entry>| self.pictures_of(entry).map(|(_, shown)| shown).collect::<Vec<_>>();
        let pictures = match towards {
            Towards::Older(_) => entries.iter().rev().flat_map(shown).collect(),
            Towards::Newer(_) => entries.iter().flat_map(shown).collect(),
        };
        self.viewer.take(towards, Some((pictures, beyond)), &mut self.previews);
    }

    /// Pictures that came while the viewer is open are reached from there.
    pub(super) fn join_viewer(&mut self, entries: &[Arc<Entry>]) {
        let Some(with) = self.viewer.with() else { return };
        for entry in entries.iter().filter(|entry| entry.with == with) {
            let pictures = self.pictures_of(entry).map(|(_, shown)| shown).collect();
            self.viewer.join(entry.seq, pictures);
        }
    }

    /// With the number of their item.
    fn pictures_of<'a>(&'a self, entry: &'a Entry) -> impl Iterator<Item = (u32, viewer::Shown)> + 'a {
        let items = match &entry.body {
            Body::Items { items, .. } => &items[..],
            Body::Text(_) => &[],
        };
        items.iter().filter(|item| album::is_picture(&self.previews, item)).filter_map(|item| {
            let (name, thumbhash, path) = (item.name.clone(), item.thumbhash.clone(), item.path.clone()?);
            let settled = item.state != ItemState::Pending;
            Some((item.index, viewer::Shown { seq: entry.seq, path, name, thumbhash, settled }))
        })
    }

    fn pick(&mut self, ctx: &egui::Context, frame: &eframe::Frame, purpose: pickers::Purpose) {
        let texts = &self.texts;
        let (title, name) = match &purpose {
            pickers::Purpose::Files => (texts.pick_files(), String::new()),
            pickers::Purpose::Pictures => (texts.pick_pictures(), String::new()),
            pickers::Purpose::Folder => (texts.pick_folder(), String::new()),
            pickers::Purpose::ReceiveFolder | pickers::Purpose::AskFolder { .. } | pickers::Purpose::FolderOf(_) => {
                (texts.pick_into(), String::new())
            }
            pickers::Purpose::SaveFile(from) => (texts.pick_save(), dialogs::shown_name(from)),
            pickers::Purpose::SaveAll(_) => (texts.pick_save_all(), String::new()),
            pickers::Purpose::SaveText(_) => (texts.pick_save(), format!("{}.txt", texts.compose_field())),
        };
        let folder = match purpose {
            pickers::Purpose::ReceiveFolder | pickers::Purpose::AskFolder { .. } | pickers::Purpose::FolderOf(_) => {
                Some(self.model.snapshot.me.folder.clone())
            }
            _ => None,
        };
        let wanted = Wanted {
            purpose,
            title: title.to_owned(),
            pictures: texts.pick_filter_pictures().to_owned(),
            name,
            folder,
        };
        match self.pickers.open(wanted, frame, ctx) {
            Ok(()) => {}
            Err(NotOpened::Busy) => self.toasts.say(self.texts.pick_busy()),
            Err(NotOpened::Failed) => self.toasts.say(self.texts.pick_failed()),
        }
    }

    pub(super) fn set_title(&mut self, ctx: &egui::Context) {
        let texts = &self.texts;
        let base = match self.model.shown() {
            Some(who) => texts.title_with(&self.model.name(who)),
            None => texts.app_name().to_owned(),
        };
        let unread: u32 = self.model.snapshot.computers.iter().map(|computer| computer.unread).sum();
        let title = if unread > 0 { texts.title_unread(unread.into(), &base) } else { base };
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Tells the engine how large the window was, for the next start.
    pub(super) fn keep_window(&mut self) {
        let Some(window) = self.window.take() else { return };
        if self.settings.window.as_ref() != Some(&window) {
            let settings = Settings { window: Some(window), ..self.settings.clone() };
            self.command(Command::ChangeSettings(settings), Purpose::Quiet);
        }
    }
}

/// The same again, in the form that was chosen then.
fn parcel<'a>(items: impl Iterator<Item = &'a Item>, copies: bool) -> Outgoing {
    let (mut things, mut form) = (Vec::new(), Form::default());
    for item in items {
        things.extend(item.path.clone().map(Thing::Path));
        if let Some(made) = &item.rendition {
            form.without_metadata |= made.form.without_metadata;
            form.smaller |= made.form.smaller;
        }
    }
    Outgoing::Parcel(Parcel { things, form, copies })
}
