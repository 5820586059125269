//! Everything a person can do in the window, as data.
//!
//! Drawing only queues these; [`super::App`] performs them after the frame is drawn.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    engine::api::{Decision, Form, Outgoing, PageAt, Rule, Settings, Towards},
    protocol::{Fingerprint, TransferId},
    store::model::Entry,
};

use super::model::Note;

#[derive(Clone, Debug)]
pub enum Action {
    /// Only this one, and its conversation.
    Choose(Fingerprint),
    /// This one too, or not any more (Ctrl click, check mark).
    ChooseAlso(Fingerprint),
    /// From the last one clicked to this one (Shift click).
    ChooseTo(Fingerprint),
    /// Back to the list, where list and conversation are two screens.
    ChooseNone,

    /// Sends what the composer holds to those chosen; asks first where this wasn't done before.
    SendDraft,
    /// Into the composer of those chosen, as chips.
    Attach(Vec<PathBuf>),
    /// A picture without a file, as PNG.
    AttachPicture {
        name: String,
        png: Arc<[u8]>,
        width: u32,
        height: u32,
    },
    Detach {
        chip: u64,
    },
    /// How the pictures in the composer go.
    SetForm(Form),
    /// The system's file picker, for the composer.
    PickFiles,
    PickPictures,
    PickFolder,
    /// What the clipboard holds, into the composer.
    Paste,
    /// Sends at once, without the composer (a drop onto a tile).
    SendPaths {
        to: Vec<Fingerprint>,
        paths: Vec<PathBuf>,
    },
    /// To whom? These were let go, or opened, while nobody was chosen.
    AskWhom(Vec<PathBuf>),
    /// After "is this the right one?" was answered with yes. `undo` is the sentence under which it can be taken back.
    SendConfirmed {
        to: Vec<Fingerprint>,
        what: Vec<Outgoing>,
        undo: Option<String>,
    },

    Answer {
        with: Fingerprint,
        transfer: TransferId,
        decision: Decision,
    },
    HideStrangers(Duration),
    /// The system's folder picker, for where an asked-for thing goes.
    PickAskFolder {
        with: Fingerprint,
        transfer: TransferId,
    },

    Cancel {
        with: Fingerprint,
        transfer: TransferId,
    },
    /// Stops it until it is continued from here.
    Pause {
        with: Fingerprint,
        transfer: TransferId,
    },
    Continue {
        with: Fingerprint,
        transfer: TransferId,
    },
    /// What waits goes before the one in front of it, or first of all.
    Sooner {
        with: Fingerprint,
        transfer: TransferId,
        first: bool,
    },
    /// The same again to the same computer.
    SendAgain(Arc<Entry>),
    /// Also what the other computer has already, as a copy.
    SendCopy(Arc<Entry>),
    /// Another stretch of a conversation is wanted.
    Load {
        with: Fingerprint,
        at: PageAt,
    },
    MarkRead(Fingerprint),
    /// To the system's bin, never past it.
    MoveToBin(PathBuf),
    RemoveEntry {
        seq: i64,
    },

    /// Shows the search.
    OpenSearch,
    /// Shows the search through all conversations.
    SearchEverywhere,
    /// `with: None` looks in all conversations. An empty text ends the search.
    Search {
        text: String,
        with: Option<Fingerprint>,
    },
    /// Opens the viewer over the pictures of a conversation, at one of them.
    View(ViewerTarget),
    /// More pictures for the viewer.
    MorePictures {
        with: Fingerprint,
        towards: Towards,
    },
    CloseViewer,

    CopyText(String),
    /// Files as files, so that a file manager can paste them.
    CopyFiles(Vec<PathBuf>),
    /// The picture of a file, in its own colours and upright.
    CopyPicture(PathBuf),
    /// A copy at a place the person picks.
    SaveAs(PathBuf),
    /// Copies of all of them into a folder the person picks.
    SaveAll(Vec<PathBuf>),
    /// A text into a file at a place the person picks.
    SaveText(String),
    Open(PathBuf),
    ShowInFolder(PathBuf),
    OpenLink(String),

    /// Opens the comparison; `then` is done once they match.
    Compare {
        with: Fingerprint,
        then: Then,
    },
    /// Asks for a code once more, for the comparison that is open.
    CompareAgain(Fingerprint),
    /// This person has looked at both screens.
    Compared {
        with: Fingerprint,
        same: bool,
        then: Then,
    },
    /// The code needn't be shown any more.
    EndCompare(Fingerprint),
    /// What to do when the codes differ.
    ShowDiffers(Fingerprint),
    ShowKnown,
    ShowAbout(Fingerprint),
    /// The system's folder picker, for where a computer's things go.
    PickFolderOf(Fingerprint),
    SetFolder {
        with: Fingerprint,
        folder: Option<PathBuf>,
    },

    SetRule {
        with: Fingerprint,
        rule: Rule,
    },
    AskRename(Fingerprint),
    Rename {
        with: Fingerprint,
        name: Option<String>,
    },
    AskForget(Fingerprint),
    Forget(Fingerprint),
    AskBlock(Fingerprint),
    AskClear(Fingerprint),
    RemoveConversation(Fingerprint),
    AskAdd,
    /// Looks for a typed name or address.
    Find(String),
    Refresh,
    ShowHelp,
    ShowSettings,
    ChangeSettings(Settings),
    PickReceiveFolder,
    ShowReceived,
    CloseDialog,
    DismissNotice(Note),

    /// One line that floats by.
    Toast(String),
    Quit,
}

/// What comparing is for.
#[derive(Clone, Debug)]
pub enum Then {
    Nothing,
    /// As [`Action::SendConfirmed`].
    Send {
        to: Vec<Fingerprint>,
        what: Vec<Outgoing>,
        undo: Option<String>,
    },
    /// Accepting everything from now on, beginning with what is asked, if it still is.
    Accept {
        transfer: Option<TransferId>,
        items: Option<Vec<u32>>,
        into: Option<PathBuf>,
    },
}

/// Which picture to open, and among which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewerTarget {
    pub with: Fingerprint,
    pub seq: i64,
    /// [`crate::store::model::Item::index`].
    pub item: u32,
}
