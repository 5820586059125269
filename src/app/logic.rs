//! Taking in what is new: the engine's events and snapshot, answers of threads, other starts of the program. Runs before
//! each frame, and alone while the window is hidden; draws nothing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    App, Request,
    actions::Action,
    dialogs::{self, AddState, Dialog},
    errands::Done,
    fonts,
    model::{Chip, ChipKind, Note, Pending, Purpose, Search},
    paste::Answer,
    pickers::{self, Picked},
    settings::{ZOOM_LEAST, ZOOM_MOST},
};
use crate::{
    engine::api::{Command, CommandId, Event, Need, Problem, Reply, Settings, Snapshot},
    i18n::Texts,
    platform::{
        bin,
        clipboard::{ClipboardError, Pasted},
        reveal::{RevealError, Shown},
    },
};

impl App {
    pub(super) fn take_in(&mut self, ctx: &egui::Context, frame: &eframe::Frame) {
        // The snapshot first: what the replies speak of is in it.
        let snapshot = self.link.snapshot();
        if !Arc::ptr_eq(&snapshot, &self.model.snapshot) {
            // Compared with what the engine said before: a change from here may still be on its way there.
            if snapshot.settings != self.model.snapshot.settings {
                self.take_settings(ctx, snapshot.settings.clone());
            }
            self.take_snapshot(snapshot);
        }
        for event in self.link.events() {
            match event {
                Event::Replied { id, result } => self.take_reply(id, result),
                Event::Ended => self.model.ended = !self.quitting,
                #[allow(unreachable_patterns, reason = "the enum may grow")]
                _ => {}
            }
        }
        self.previews.logic(ctx);
        self.take_requests(ctx);
        self.take_answers(ctx, frame);
        self.ask_engine();
        self.say_waiting();
        self.follow_zoom(ctx);
        self.mind_closing(ctx);
    }

    pub(super) fn take_snapshot(&mut self, snapshot: Arc<Snapshot>) {
        self.model.dismissed.retain(|note| match note {
            Note::FontsMissing => true,
            Note::Engine(notice) => snapshot.notices.contains(notice),
        });
        self.model.snapshot = snapshot;
        // Forgotten, or a stranger that left: there is nothing to show of it any more.
        let gone = |who| !self.model.snapshot.computers.iter().any(|computer| computer.fingerprint == who);
        if self.model.chosen.iter().any(|&who| gone(who)) {
            let kept = self.model.chosen.iter().copied().filter(|&who| !gone(who)).collect();
            self.choose(kept);
        }
    }

    pub(super) fn take_settings(&mut self, ctx: &egui::Context, settings: Settings) {
        let texts = Texts::for_setting(settings.language.as_deref());
        if texts.language() != self.texts.language() {
            fonts::set_language(ctx, texts.language());
            self.texts = texts;
        }
        super::design::apply(ctx, &settings);
        self.previews.set_reduced_motion(settings.reduced_motion);
        if let Some(zoom) = settings.zoom {
            ctx.set_zoom_factor(zoom.clamp(ZOOM_LEAST, ZOOM_MOST));
        }
        if let Some(Dialog::Settings(view)) = &mut self.dialog {
            view.settings.folder.clone_from(&settings.folder);
        }
        // What is turned from then on is known here first.
        if let (None, Some(turned)) = (&self.settings.turned, &settings.turned) {
            self.previews.remember_turned(turned);
        }
        self.settings = settings;
    }

    fn take_reply(&mut self, id: CommandId, result: Result<Reply, Problem>) {
        let Some(Pending { purpose }) = self.model.pending.remove(&id) else { return };
        match (purpose, result) {
            (Purpose::Changes, Ok(Reply::Changes { entries, removed, up_to })) => {
                self.join_viewer(&entries);
                self.model.take_changes(entries, &removed, up_to);
            }
            (Purpose::Page { with, at }, Ok(Reply::Page { entries, before, after, .. })) => {
                self.model.conversations.entry(with).or_default().take_page(at, entries, before, after);
            }
            (Purpose::Pictures(towards), Ok(Reply::Pictures { entries })) => self.take_pictures(towards, &entries),
            (Purpose::Found { text, with }, Ok(Reply::Found { entries })) => {
                let asked = |search: &&mut Search| search.text == text && search.with == with;
                if let Some(search) = self.model.search.as_mut().filter(asked) {
                    search.found = Some(entries);
                }
            }
            (Purpose::Compare(with), Ok(Reply::Comparing { number })) => self.compare_answered(with, Ok(number)),
            (Purpose::Bin(path), Ok(Reply::Needed(need))) => self.bin_unless(need, path),
            (Purpose::Resolve, result) => self.take_resolved(result),
            (Purpose::Send { undo, .. }, Ok(Reply::Sent { transfers, .. })) => {
                // What was on its way before isn't undone with this.
                if let Some(text) = undo.filter(|_| !transfers.is_empty()) {
                    self.toasts.say_with_undo(text, transfers);
                }
            }
            (_, Ok(_)) => {}
            (purpose, Err(problem)) => self.take_failure(purpose, &problem),
        }
    }

    /// Nothing that was typed or chosen is lost because it couldn't be sent.
    fn take_failure(&mut self, purpose: Purpose, problem: &Problem) {
        self.model.failed(&purpose);
        match purpose {
            Purpose::Pictures(towards) => self.viewer.take(towards, None, &mut self.previews),
            Purpose::Quiet | Purpose::Changes | Purpose::Page { .. } | Purpose::Found { .. } => {
                log::warn!("the engine could not tell: {problem:?}");
            }
            Purpose::Send { to, what, .. } => {
                self.put_back(to, what);
                self.toasts.say(self.texts.command_failed(&self.texts.problem(problem)));
            }
            Purpose::Compare(with) => self.compare_answered(with, Err(problem.clone())),
            Purpose::Plain | Purpose::Resolve | Purpose::Bin(_) => {
                self.toasts.say(self.texts.command_failed(&self.texts.problem(problem)));
            }
        }
    }

    fn take_resolved(&mut self, result: Result<Reply, Problem>) {
        let Some(Dialog::Add(adding)) = &mut self.dialog else { return };
        let found = match result {
            Ok(Reply::Resolved(found)) => found,
            Err(Problem::Ambiguous { .. }) => {
                adding.state = AddState::Several;
                return;
            }
            _ => Vec::new(),
        };
        match &found[..] {
            [] => adding.state = AddState::Nobody,
            [one] => {
                let who = one.fingerprint;
                self.dialog = None;
                self.actions.push(Action::Choose(who));
            }
            _ => adding.state = AddState::Several,
        }
    }

    fn take_requests(&mut self, ctx: &egui::Context) {
        while let Ok(request) = self.requests.try_recv() {
            match request {
                Request::Show(paths) => {
                    ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
                    ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
                    if !paths.is_empty() {
                        self.actions.push(Action::Attach(paths));
                    }
                }
                Request::End => self.quit(ctx),
            }
        }
    }

    fn take_answers(&mut self, ctx: &egui::Context, _frame: &eframe::Frame) {
        while let Some(answer) = self.paste.poll() {
            self.take_paste(ctx, answer);
        }
        while let Some(done) = self.errands.poll() {
            self.take_errand(ctx, done);
        }
        match self.pickers.poll(ctx) {
            None => {}
            Some(Picked::NoAnswer) => self.toasts.say(self.texts.pick_no_answer()),
            Some(Picked::Paths(purpose, paths)) => self.take_picked(purpose, paths),
        }
    }

    fn take_paste(&mut self, ctx: &egui::Context, answer: Answer) {
        let composing = !self.model.chosen.is_empty() && self.dialog.is_none() && !self.viewer.is_open();
        match answer {
            Answer::Pasted(Pasted::Text(text)) if ctx.text_edit_focused() => self.paste.type_text(ctx, text),
            Answer::Pasted(Pasted::Text(text)) if composing => {
                self.draft().text.push_str(&text);
                self.conversation.focus_end_of_composer();
            }
            Answer::Pasted(Pasted::Files(paths)) if composing => self.actions.push(Action::Attach(paths)),
            Answer::Pasted(Pasted::Picture { png, width, height }) if composing => {
                let name = self.texts.pasted_picture().to_owned();
                self.actions.push(Action::AttachPicture { name, png, width, height });
            }
            Answer::Pasted(_) | Answer::Failed(ClipboardError::Empty) => {}
            Answer::Copied => self.toasts.say(self.texts.copied()),
            Answer::Failed(error) => self.toasts.say(self.texts.command_failed(&error.to_string())),
        }
    }

    fn take_errand(&mut self, ctx: &egui::Context, done: Done) {
        match done {
            Done::Looked { key, found, unreadable } => {
                for (name, what) in found {
                    self.add_chip(&key, name, what);
                }
                if unreadable > 0 {
                    self.toasts.say(self.texts.drop_unreadable());
                }
                self.conversation.focus_composer();
            }
            Done::SavedAs { name } => self.toasts.say(self.texts.saved_as(&name)),
            Done::SavedAll { count, folder } => {
                self.toasts.say(self.texts.saved_all(&self.texts.files(count), &folder));
            }
            Done::Picture { rgba, width, height } => self.paste.copy_picture(ctx, rgba, width, height),
            Done::Binned { path, result } => self.take_binned(&path, &result),
            Done::Opened(Ok(Shown::RevealedInstead)) => self.toasts.say(self.texts.opened_instead()),
            Done::Opened(Ok(_)) => {}
            Done::Opened(Err(RevealError::Gone(path))) => {
                self.toasts.say(self.texts.state_moved(&path.display().to_string()));
            }
            Done::Opened(Err(error)) => self.toasts.say(self.texts.command_failed(&error.to_string())),
            Done::Failed(why) if why.is_empty() => self.toasts.say(self.texts.too_busy()),
            Done::Failed(why) => self.toasts.say(self.texts.command_failed(&why)),
        }
    }

    /// To the bin, unless something here would miss it: then that is over first.
    fn bin_unless(&mut self, need: Option<Need>, path: PathBuf) {
        let name = dialogs::shown_name(&path);
        match need {
            None => self.errands.move_to_bin(path),
            Some(Need::ToSend { with }) => {
                self.toasts.say(self.texts.viewer_still_to_send(&name, &self.model.name(with)));
            }
            Some(Need::OnShelf) => self.toasts.say(self.texts.viewer_still_on_shelf(&name)),
        }
    }

    fn take_binned(&mut self, path: &Path, result: &Result<(), bin::BinError>) {
        let name = dialogs::shown_name(path);
        match result {
            Ok(()) => self.toasts.say(self.texts.viewer_binned(&name)),
            Err(bin::BinError::Gone) => self.toasts.say(self.texts.state_moved(&path.display().to_string())),
            Err(_) => self.toasts.say(self.texts.viewer_not_binned(&name)),
        }
        if matches!(result, Ok(()) | Err(bin::BinError::Gone)) {
            self.viewer.remove(path, &mut self.previews);
            self.conversation.is_gone(path);
        }
    }

    fn take_picked(&mut self, purpose: pickers::Purpose, mut paths: Vec<std::path::PathBuf>) {
        // Nothing picked is "cancel".
        if paths.is_empty() {
            return;
        }
        let first = paths[0].clone();
        match purpose {
            pickers::Purpose::Files | pickers::Purpose::Pictures | pickers::Purpose::Folder => {
                self.actions.push(Action::Attach(std::mem::take(&mut paths)));
            }
            pickers::Purpose::ReceiveFolder => {
                let settings = Settings { folder: Some(first), ..self.edited_settings() };
                if let Some(Dialog::Settings(view)) = &mut self.dialog {
                    view.settings = settings.clone();
                }
                self.actions.push(Action::ChangeSettings(settings));
            }
            pickers::Purpose::FolderOf(with) => {
                self.actions.push(Action::SetFolder { with, folder: Some(first) });
            }
            pickers::Purpose::AskFolder { with, transfer } => self.asks.set_folder(with, transfer, first),
            pickers::Purpose::SaveFile(from) => self.errands.save_copy(from, first),
            pickers::Purpose::SaveAll(from) => self.errands.save_all(from, first),
            pickers::Purpose::SaveText(text) => self.errands.save_text(text, first),
        }
    }

    /// The settings as they will be when what was just changed has arrived.
    pub(super) fn edited_settings(&self) -> Settings {
        match &self.dialog {
            Some(Dialog::Settings(view)) => view.settings.clone(),
            _ => self.settings.clone(),
        }
    }

    pub(super) fn add_chip(&mut self, key: &[crate::protocol::Fingerprint], name: String, what: ChipKind) {
        self.next_chip += 1;
        let id = self.next_chip;
        let draft = self.drafts.entry(key.to_vec()).or_default();
        let same = |chip: &Chip| chip.what == what;
        if !draft.chips.iter().any(same) {
            draft.chips.push(Chip { id, name, what });
        }
    }

    /// Asks for whatever the window lacks.
    pub(super) fn ask_engine(&mut self) {
        for (command, purpose) in self.model.wanted() {
            self.command(command, purpose);
        }
    }

    /// Those whom the question before a first sending is about learn that something waits, until it is answered.
    fn say_waiting(&mut self) {
        let to = match &self.dialog {
            Some(Dialog::FirstTime(first)) => first.asked(&self.model),
            _ => Vec::new(),
        };
        // An engine that is busy is told with the next frame.
        if to != self.waited_for && self.link.send(Command::Waiting { to: to.clone() }).is_ok() {
            self.waited_for = to;
        }
    }

    /// Sends a command. One that finds the engine busy fails as if it had answered so.
    pub(super) fn command(&mut self, command: Command, purpose: Purpose) {
        match self.link.send(command) {
            Ok(id) => {
                self.model.pending.insert(id, Pending { purpose });
            }
            Err(_) if self.model.ended => self.model.failed(&purpose),
            Err(_) => self.take_failure(purpose, &Problem::Busy),
        }
    }

    /// Keeps the size that Ctrl + and Ctrl − gave.
    fn follow_zoom(&mut self, ctx: &egui::Context) {
        let zoom = ctx.zoom_factor();
        let kept = self.settings.zoom.unwrap_or(1.0);
        if (zoom - kept).abs() > 0.001 && ctx.input(|input| input.keys_down.is_empty()) {
            let settings = Settings { zoom: Some(zoom), ..self.edited_settings() };
            self.settings.zoom = Some(zoom);
            self.actions.push(Action::ChangeSettings(settings));
        }
    }

    fn mind_closing(&mut self, ctx: &egui::Context) {
        if !ctx.input(|input| input.viewport().close_requested()) || self.quitting {
            return;
        }
        let running = self.model.snapshot.transfers.len() as u64;
        if running == 0 || self.model.ended {
            return;
        }
        ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        self.open(Dialog::Quit { running });
    }
}
