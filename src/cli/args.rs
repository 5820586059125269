//! The words of the command line. Their help is what people read with `--help`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{engine::api::Audience, protocol::limits::MAX_OFFER_ITEMS};

/// What the exit code of each command means; scripts rely on it.
const EXIT_CODES: &str = "\
Exit codes:
  0  done (also when part of it was accepted; what was is listed)
  1  failed or cancelled (Ctrl+C), with one sentence on stderr
  2  wrong usage
  3  nobody found
  4  declined, or not answered in time
  5  stopped before it was done, or queued: it goes on next time";

const WHOM: &str = "\
WHOM is a fingerprint (64 hex digits), an address (IP, IP:PORT,
[IPv6%zone]:PORT), the name of a known computer, or a DNS name.";

/// For programs; too long for `-h`.
const MORE: &str = "\
With --json each line on stdout is one object:
  nearby    name, fingerprint, addresses, port, kind, verified, reachable, new
  known     name, fingerprint, verified, rule, reachable,
            first_seen, last_seen (milliseconds since 1970)
  shelf     id, name, path, bytes, files, for
  take --list
            id, name, bytes, files
  send, receive, take
            event (waiting, progress, saved, declined, stopped, text),
            transfer, item, name, path, bytes, total, speed, left, text,
            from or to, fingerprint; why it stopped: code, message
            (queued: kept until that computer is back;
            left: goes on in a window or fantail receive);
            missing: so many files are not in a folder that is saved,
            with code and message for the first;
            already: it was there from an earlier time, nothing of it crossed
  compare   event (code, verified, differs, compare-failed), name, fingerprint,
            digits, emoji, names, pushed (the person there began)
  receive   at first: event (ready), name, fingerprint, port, path
  notices   event (notice), code, message
  errors    event (error), code, message
A path that is not Unicode shows \u{fffd} where it isn't; path_bytes has it in hex.";

/// Pictures, words and files to the computer next to you.
///
/// Without a command it opens the window; files and folders given to it are ready to be sent there. A file that is
/// called like a command needs ./ before its name.
#[derive(Debug, Parser)]
#[command(name = "fantail", version, after_help = short_help(), after_long_help = long_help(), subcommand_precedence_over_arg = true)]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,

    #[command(subcommand)]
    pub command: Option<Command>,

    /// Files and folders that are ready to be sent in the window
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

fn short_help() -> String {
    format!("{EXIT_CODES}\n\n{WHOM}")
}

fn long_help() -> String {
    format!("{EXIT_CODES}\n\n{WHOM}\n\n{MORE}")
}

/// Where `--help` lists the options that every command takes.
const EVERYWHERE: &str = "Options of every command";

/// Options that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Keep everything below this folder: identity/, fantail.db, Received/ [default: the system's own places]
    #[arg(long, value_name = "DIR", env = "FANTAIL_HOME", global = true, help_heading = EVERYWHERE, hide_env_values = true)]
    pub home: Option<OsString>,

    /// What this computer is called for others [default: the computer's name]
    #[arg(long, env = "FANTAIL_NAME", global = true, help_heading = EVERYWHERE, hide_env_values = true)]
    pub name: Option<String>,

    /// TCP port to listen on; 0 is any free one [default: 53317, or any free one if that is taken]
    #[arg(long, value_name = "N", global = true, help_heading = EVERYWHERE)]
    pub port: Option<u16>,

    /// Print one JSON object a line, errors too
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the computers that are here
    Nearby {
        /// How long to look
        #[arg(long = "for", value_name = "SECONDS", default_value_t = 3)]
        seconds: u32,
    },
    /// Send files, folders or a text, and wait until they are saved there
    #[command(after_help = WHOM)]
    Send(Send),
    /// Receive until stopped
    Receive(Receive),
    /// What others may take from here, while a window or `fantail receive` runs
    #[command(arg_required_else_help = false)]
    Shelf {
        #[command(subcommand)]
        act: Shelf,
    },
    /// Take things from another computer's shelf
    #[command(after_help = WHOM)]
    Take(Take),
    /// Compare with another computer: both screens show the same code if nobody stands between
    Compare(Compare),
    /// The known computers and their rules
    #[command(after_help = WHOM)]
    Known {
        #[command(subcommand)]
        act: Option<Known>,
    },
}

#[derive(Debug, Args)]
pub struct Send {
    /// Files and folders
    #[arg(value_name = "PATH", required_unless_present = "text", num_args = 1..)]
    pub paths: Vec<PathBuf>,

    /// To which computer; may be given several times
    #[arg(long, value_name = "WHOM", required = true)]
    pub to: Vec<String>,

    /// A text; - reads it from stdin
    #[arg(long)]
    pub text: Option<String>,

    /// The name may be that of a computer never dealt with
    #[arg(long)]
    pub new: bool,

    /// If the computer is not found within three seconds, keep it: it is sent by itself when both are there, while a window or `fantail receive`
    /// of this home runs
    #[arg(long)]
    pub queue: bool,

    /// Send also what the computer already got from here, as another copy
    #[arg(long)]
    pub copy: bool,

    /// Send pictures as copies without location and camera data (EXIF, XMP, IPTC); what can't be sent so is not sent
    #[arg(long)]
    pub without_metadata: bool,

    /// Send pictures as smaller copies, at most 2048 pixels on the longer side
    #[arg(long)]
    pub smaller: bool,

    /// How long to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u32,
}

#[derive(Debug, Args)]
pub struct Receive {
    /// Where to save [default: the folder from the settings]
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,

    /// From whom to take: ask each time (without a terminal that declines), known computers, or all
    #[arg(long, value_enum, default_value_t = Accept::Ask)]
    pub accept: Accept,

    /// End after one accepted offer is saved
    #[arg(long)]
    pub once: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    Ask,
    Known,
    All,
}

#[derive(Debug, Subcommand)]
pub enum Shelf {
    /// List what is on it
    List,
    /// Put files and folders on it
    Add {
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,

        /// For whom: verified computers, known ones, anybody after asking each time, or all
        #[arg(long = "for", value_enum, default_value_t = For::Verified)]
        audience: For,
    },
    /// Take things from it again; the files stay
    Remove {
        /// Numbers from the list
        #[arg(value_name = "ITEM", required = true)]
        items: Vec<u64>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum For {
    Verified,
    Known,
    Ask,
    All,
}

impl From<For> for Audience {
    fn from(audience: For) -> Self {
        match audience {
            For::Verified => Self::Verified,
            For::Known => Self::Known,
            For::Ask => Self::Ask,
            For::All => Self::All,
        }
    }
}

#[derive(Debug, Args)]
pub struct Take {
    /// Numbers from --list; without any, everything
    #[arg(value_name = "ITEM")]
    pub items: Vec<u64>,

    /// From which computer
    #[arg(long, value_name = "WHOM", required = true)]
    pub from: String,

    /// Where to save [default: the folder from the settings]
    #[arg(long, value_name = "DIR", conflicts_with = "list")]
    pub into: Option<PathBuf>,

    /// Only list what is there
    #[arg(long, conflicts_with = "items")]
    pub list: bool,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// With which computer
    #[arg(long, value_name = "WHOM", required = true)]
    pub with: String,

    /// Mark it as verified without asking: the code is looked at on both screens by whoever runs this
    #[arg(long)]
    pub yes: bool,

    /// The name may be that of a computer never dealt with
    #[arg(long)]
    pub new: bool,
}

#[derive(Debug, Subcommand)]
pub enum Known {
    /// List them
    List,
    /// Mark them as the right ones: you are sure of their fingerprints
    Verify(Those),
    /// Always accept what they send
    Accept(Those),
    /// Ask each time they send
    Ask(Those),
    /// Take nothing from them
    Block(Those),
    /// Forget them: conversation, rule and addresses; files stay
    Forget(Those),
    /// Give one a name of your own; an empty one takes it back
    Rename {
        #[arg(value_name = "WHOM")]
        whom: String,
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Those {
    #[arg(value_name = "WHOM", required = true, num_args = 1..=MAX_OFFER_ITEMS)]
    pub whom: Vec<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(words: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("fantail").chain(words.split_whitespace()))
    }

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn paths_alone_open_the_window_and_a_command_is_recognised_after_common_options() {
        let plain = parse("a.jpg ./send --home x").unwrap();
        assert_eq!(plain.paths, [PathBuf::from("a.jpg"), PathBuf::from("./send")]);
        assert!(plain.command.is_none());
        let send = parse("--home x --json send --to me --port 0 a b").unwrap();
        assert_eq!((send.common.home, send.common.json, send.common.port), (Some("x".into()), true, Some(0)));
        assert!(matches!(send.command, Some(Command::Send(Send { paths, .. })) if paths.len() == 2));
    }

    #[test]
    fn sending_needs_somebody_and_something() {
        assert!(parse("send a").is_err());
        assert!(parse("send --to me").is_err());
        let text = parse("send --to me --to you --text -").unwrap();
        assert!(matches!(text.command, Some(Command::Send(send)) if send.to.len() == 2 && send.wait == 60));
    }

    #[test]
    fn what_is_to_be_kept_for_later_is_said() {
        let kept = |words| matches!(parse(words).unwrap().command, Some(Command::Send(Send { queue: true, .. })));
        assert!(kept("send --queue --to x a") && !kept("send --to x a"));
    }

    #[test]
    fn comparing_needs_somebody_to_compare_with() {
        assert!(parse("compare").is_err());
        let Some(Command::Compare(compare)) = parse("compare --with x").unwrap().command else { panic!() };
        assert!(!compare.yes && !compare.new);
        assert!(
            matches!(parse("known verify x y").unwrap().command, Some(Command::Known { act: Some(Known::Verify(those)) }) if those.whom.len() == 2)
        );
    }

    #[test]
    fn what_is_not_said_has_the_documented_default() {
        let Some(Command::Nearby { seconds: 3 }) = parse("nearby").unwrap().command else { panic!() };
        let Some(Command::Receive(receive)) = parse("receive").unwrap().command else { panic!() };
        assert_eq!((receive.accept, receive.once, receive.into), (Accept::Ask, false, None));
        let Some(Command::Shelf { act: Shelf::Add { audience: For::Verified, .. } }) =
            parse("shelf add x").unwrap().command
        else {
            panic!()
        };
        assert!(matches!(parse("known").unwrap().command, Some(Command::Known { act: None })));
        assert!(parse("take --list --into x --from me").is_err());
    }
}
