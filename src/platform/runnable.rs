//! What could run as a program when it is opened.
//!
//! Things come from other computers and are shown as "Open" beside pictures. A double click on a received program would
//! run somebody else's code, so such things are never opened from the window but shown in their folder, where the
//! person sees what they are and the system's own warnings apply. The list follows what browsers warn about, and adds
//! what desktops start: when in doubt, a thing is shown in its folder.
#![forbid(unsafe_code)]

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Whether opening this could run it. Looks at the name, the rights and the first bytes. What can't be read counts as
/// runnable.
pub fn could_run(path: &Path) -> bool {
    let Ok(about) = path.metadata() else { return true };
    if about.is_dir() {
        // A folder that macOS shows as one thing, and starts.
        return has_extension(path, BUNDLES);
    }
    !about.is_file() || has_extension(path, PROGRAMS) || is_executable(&about) || begins_like_a_program(path)
}

/// Folders which macOS opens by running or loading them.
const BUNDLES: &[&str] = &[
    "action",
    "app",
    "bundle",
    "component",
    "framework",
    "kext",
    "mpkg",
    "pkg",
    "plugin",
    "prefpane",
    "qlgenerator",
    "saver",
    "scptd",
    "service",
    "workflow",
    "wdgt",
    "xpc",
];

/// Extensions, in lower case, grouped by who starts them.
#[rustfmt::skip]
const PROGRAMS: &[&str] = &[
    // Windows: programs, installers, libraries with an entry, control panels, screen savers, drivers
    "appinstaller", "application", "appref-ms", "appx", "appxbundle", "bat", "btm", "cab", "cdxml", "cmd", "com", "cpl",
    "dll", "drv", "exe", "gadget", "inf", "ins", "inx", "isp", "isu", "job", "msc", "msi", "msix", "msixbundle", "msp",
    "mst", "ocx", "pif", "scr", "sct", "sys", "vxd", "xap", "xbap",
    // Windows: scripts and what their hosts run
    "ad", "ade", "adp", "bas", "chm", "crt", "der", "diagcab", "diagcfg", "diagpkg", "fxp", "grp", "hlp", "hta", "js",
    "jse", "mad", "maf", "mag", "mam", "maq", "mar", "mas", "mat", "mau", "mav", "maw", "mcf", "mda", "mdb", "mde", "mdt",
    "mdw", "mdz", "msh", "msh1", "msh1xml", "msh2", "msh2xml", "mshxml", "mui", "ops", "pcd", "plg", "pol", "prf", "prg",
    "printerexport", "ps1", "ps1xml", "ps2", "ps2xml", "psc1", "psc2", "psd1", "psm1", "pst", "reg", "rels", "shb", "shs",
    "vb", "vbe", "vbs", "vsmacros", "vsto", "ws", "wsc", "wsf", "wsh", "xll", "xnk", "xrm-ms",
    // Windows: links and folder settings, which can name any program or another computer
    "library-ms", "lnk", "rdp", "scf", "search-ms", "searchconnector-ms", "settingcontent-ms", "theme", "themepack",
    "desktopthemepackfile", "url", "website", "wcx",
    // Windows and macOS: images that are mounted and may start something, and lose the mark of the web
    "dmg", "img", "iso", "smi", "sparsebundle", "sparseimage", "toast", "udf", "vhd", "vhdx",
    // Office documents that carry macros
    "docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xla", "xlam", "xlsb", "xlsm", "xltm", "iqy", "slk",
    // macOS
    "action", "app", "applescript", "class", "command", "configprofile", "dfont", "fileloc", "inetloc", "internetconnect",
    "mobileconfig", "mpkg", "networkconnect", "osas", "osax", "pkg", "prefpane", "scpt", "scptd", "seplugin", "service",
    "terminal", "tool", "webloc", "workflow",
    // Linux and other Unix desktops
    "appimage", "autorun", "deb", "desktop", "flatpak", "flatpakref", "flatpakrepo", "kdelnk", "ko", "out", "rpm", "run",
    "service", "snap", "so", "timer",
    // Scripts and byte code of languages whose interpreter may be installed as the opener
    "air", "ahk", "au3", "awk", "bash", "bin", "csh", "ebuild", "elf", "fish", "go", "groovy", "gsh", "jar", "jnlp", "ksh",
    "lua", "mjs", "cjs", "nu", "nse", "perl", "php", "phar", "php3", "pl", "pm", "py", "pyc", "pyo", "pyw", "pyz", "pyzw",
    "rb", "rbw", "rexx", "sh", "shar", "swf", "tcl", "tcsh", "tk", "wasm", "xpi", "crx", "zsh",
    // Phones' programs, which some desktops install
    "apk", "apks", "ipa", "xapk",
];

fn has_extension(path: &Path, list: &[&str]) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()) else { return false };
    // Windows ignores dots and blanks at the end and what follows a colon: "x.exe." and "x.exe:y" are x.exe.
    let name = name.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    let extension = PathBuf::from(name).extension().map(|extension| extension.to_string_lossy().into_owned());
    extension.is_some_and(|extension| list.contains(&extension.trim()))
}

#[cfg(unix)]
fn is_executable(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    about.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// Programs and scripts under another name: some desktops go by the content.
fn begins_like_a_program(path: &Path) -> bool {
    let mut start = Vec::with_capacity(16);
    if File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)).is_err() {
        return true;
    }
    // ELF, DOS and Windows, a script, Mach-O in its widths, byte orders and universal form (Java's classes too), WebAssembly,
    // a desktop entry.
    let beginnings: [&[u8]; 11] = [
        b"\x7fELF",
        b"MZ",
        b"#!",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"\xca\xfe\xba\xbe",
        b"\0asm",
        b"[Desktop Entry]",
        b"\xef\xbb\xbf#!",
    ];
    beginnings.iter().any(|beginning| start.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = dir.join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    #[test]
    fn pictures_texts_and_documents_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("photo.jpg", &b"\xff\xd8\xff\xe0"[..]),
            ("notes.txt", b"# not a script"),
            ("report.pdf", b"%PDF-1.7"),
            ("song.mp3", b"ID3"),
            ("table.xlsx", b"PK\x03\x04"),
            ("README", b"read me"),
            ("empty", b""),
            ("照片.png", b"\x89PNG"),
        ] {
            assert!(!could_run(&file(dir.path(), name, content)), "{name}");
        }
        assert!(!could_run(dir.path()), "a folder");
    }

    #[test]
    fn programs_scripts_and_links_are_not_opened_whatever_their_case_or_ending() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "a.exe",
            "a.EXE",
            "photo.jpg.scr",
            "a.exe.",
            "a.exe ",
            "a.lnk",
            "a.desktop",
            "a.sh",
            "a.py",
            "a.jar",
            "a.AppImage",
            "a.ps1",
            "a.hta",
            "a.url",
            "a.docm",
            "a.command",
            "a.msi",
            "a.iso",
            "a.so",
            "a.Js",
        ] {
            assert!(could_run(&file(dir.path(), name, b"x")), "{name}");
        }
        assert!(has_extension(Path::new("a.exe:photo.jpg"), PROGRAMS));
    }

    #[test]
    fn a_program_under_a_pictures_name_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        for content in [&b"\x7fELF\x02"[..], b"MZ\x90", b"#!/bin/sh\n", b"[Desktop Entry]\n", b"\xcf\xfa\xed\xfe"] {
            assert!(could_run(&file(dir.path(), "photo.jpg", content)), "{content:?}");
        }
    }

    #[test]
    fn a_folder_that_is_a_program_is_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("Photos.app");
        std::fs::create_dir(&app).unwrap();
        assert!(could_run(&app));
    }

    #[cfg(unix)]
    #[test]
    fn what_has_the_right_to_run_or_is_no_file_is_not_opened() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path(), "photo.jpg", b"\xff\xd8");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o744)).unwrap();
        assert!(could_run(&path));
        assert!(could_run(Path::new("/dev/null")));
        assert!(could_run(&dir.path().join("missing")));
    }
}
