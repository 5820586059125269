//! What this computer is called, and the id by which its system knows itself.
#![forbid(unsafe_code)]

/// This computer's name for people: the one they gave it in the system's settings if there is one, else its name on the
/// network without the domain. Never empty, one line, at most [`MAX_NAME`] characters.
///
/// May start a small system program on macOS; call it once, not while drawing.
pub fn name() -> String {
    pretty_name()
        .and_then(|name| tidy(&name))
        .or_else(|| network_name().and_then(|name| tidy(&name)))
        .unwrap_or_else(|| FALLBACK_NAME.to_owned())
}

/// An id of this system's installation: stable over restarts and updates, different on another machine, and copied along
/// with a cloned disk only where the system does not make itself a new one. `None` where the system doesn't tell; then a
/// cloned disk can't be noticed, and nothing else is lost. Not a secret to us but private: only a hash of it is kept.
pub fn machine_id() -> Option<String> {
    system_id().map(|id| id.trim().to_ascii_lowercase()).filter(|id| !id.is_empty() && id.len() <= 128)
}

/// Long enough for any name a person types, short enough for a header line. In characters.
pub const MAX_NAME: usize = 64;

/// A system without any name: it is still a computer.
const FALLBACK_NAME: &str = "Computer";

fn tidy(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name: String = name.trim().chars().take(MAX_NAME).collect();
    (!name.is_empty()).then_some(name)
}

fn network_name() -> Option<String> {
    let name = hostname::get().ok()?.to_string_lossy().into_owned();
    // Every machine without a name calls itself so; it tells nobody which one it is.
    let first = name.split('.').next()?.to_owned();
    (first != "localhost").then_some(first)
}

#[cfg(not(any(windows, target_os = "macos")))]
fn pretty_name() -> Option<String> {
    pretty_hostname(&read_small("/etc/machine-info")?)
}

/// `PRETTY_HOSTNAME` of the text of an `/etc/machine-info`, which is quoted like a shell's assignment.
#[cfg(any(test, not(any(windows, target_os = "macos"))))]
fn pretty_hostname(machine_info: &str) -> Option<String> {
    let value = machine_info.lines().find_map(|line| line.trim().strip_prefix("PRETTY_HOSTNAME="))?.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else { return Some(value.to_owned()) };
    let mut text = String::new();
    let mut rest = value[1..].chars();
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => break,
            '\\' if quote == '"' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    Some(text)
}

#[cfg(not(any(windows, target_os = "macos")))]
fn system_id() -> Option<String> {
    let id = read_small("/etc/machine-id").or_else(|| read_small("/var/lib/dbus/machine-id"))?;
    // A system image that has not been started yet says "uninitialized".
    let id = id.trim();
    (id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())).then(|| id.to_owned())
}

/// The beginning of a small text file; these are a few lines long.
#[cfg(not(any(windows, target_os = "macos")))]
fn read_small(path: &str) -> Option<String> {
    use std::io::Read as _;

    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(16 * 1024).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(target_os = "macos")]
fn pretty_name() -> Option<String> {
    output_of(std::process::Command::new("/usr/sbin/scutil").args(["--get", "ComputerName"]))
}

#[cfg(target_os = "macos")]
fn system_id() -> Option<String> {
    let text = output_of(std::process::Command::new("/usr/sbin/ioreg").args(["-rd1", "-c", "IOPlatformExpertDevice"]))?;
    between_quotes_after(&text, "\"IOPlatformUUID\"")
}

/// `"KEY" = "VALUE"` → VALUE.
#[cfg(any(test, target_os = "macos"))]
fn between_quotes_after(text: &str, key: &str) -> Option<String> {
    let rest = &text[text.find(key)? + key.len()..];
    rest.split('"').nth(1).map(str::to_owned)
}

/// Windows shows people the same name that the network knows, so there is no other.
#[cfg(windows)]
fn pretty_name() -> Option<String> {
    None
}

/// `MachineGuid`, made when Windows was installed. Read by the system's own `reg`, which needs no unsafe code here.
#[cfg(windows)]
fn system_id() -> Option<String> {
    use std::os::windows::process::CommandExt as _;

    /// No console window flashes up.
    const CREATE_NO_WINDOW: u32 = 0x0800_0000;
    let system_root = std::env::var_os("SystemRoot")?;
    let reg = std::path::Path::new(&system_root).join("System32").join("reg.exe");
    let key = r"HKLM\SOFTWARE\Microsoft\Cryptography";
    let mut command = std::process::Command::new(reg);
    command.args(["query", key, "/v", "MachineGuid", "/reg:64"]).creation_flags(CREATE_NO_WINDOW);
    last_word_of_line_with(&output_of(&mut command)?, "MachineGuid")
}

/// `    MachineGuid    REG_SZ    VALUE` → VALUE.
#[cfg(any(test, windows))]
fn last_word_of_line_with(text: &str, key: &str) -> Option<String> {
    text.lines().find(|line| line.trim_start().starts_with(key))?.split_whitespace().nth(2).map(str::to_owned)
}

#[cfg(any(windows, target_os = "macos"))]
fn output_of(command: &mut std::process::Command) -> Option<String> {
    let output = command.stdin(std::process::Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_computer_has_a_name_of_one_line_without_a_domain() {
        let name = name();
        assert!(!name.is_empty() && name.chars().count() <= MAX_NAME, "{name:?}");
        assert!(!name.contains(char::is_control), "{name:?}");
    }

    #[test]
    fn the_name_people_gave_is_read_however_it_is_quoted() {
        for (text, expected) in [
            ("PRETTY_HOSTNAME=\"Mei's laptop\"\n", "Mei's laptop"),
            ("ICON_NAME=x\nPRETTY_HOSTNAME=Studio\n", "Studio"),
            ("PRETTY_HOSTNAME='书房 \"the\" PC'", "书房 \"the\" PC"),
            ("PRETTY_HOSTNAME=\"a \\\"b\\\" \\$c\"", "a \"b\" $c"),
        ] {
            assert_eq!(pretty_hostname(text).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(pretty_hostname("CHASSIS=laptop\n"), None);
        assert_eq!(pretty_hostname("PRETTY_HOSTNAME=\"\"").and_then(|name| tidy(&name)), None);
    }

    #[test]
    fn a_name_that_would_break_a_line_or_never_ends_is_tidied() {
        assert_eq!(tidy("  a\nb\u{7} "), Some("ab".to_owned()));
        assert_eq!(tidy(&"长".repeat(1_000)).map(|name| name.chars().count()), Some(MAX_NAME));
        assert_eq!(tidy("\u{0}\n "), None);
    }

    #[test]
    fn the_id_of_the_machine_is_the_same_each_time() {
        assert_eq!(machine_id(), machine_id());
        if let Some(id) = machine_id() {
            assert!(id.len() >= 32, "{id}");
        }
    }

    #[test]
    fn the_ids_of_other_systems_are_found_in_what_their_programs_print() {
        let ioreg = "  {\n    \"IOPlatformUUID\" = \"5F3C-AA\"\n    \"board-id\" = <\"x\">\n";
        assert_eq!(between_quotes_after(ioreg, "\"IOPlatformUUID\"").as_deref(), Some("5F3C-AA"));
        let reg = "\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\r\n    MachineGuid    REG_SZ    12-ab\r\n";
        assert_eq!(last_word_of_line_with(reg, "MachineGuid").as_deref(), Some("12-ab"));
    }
}
