//! What a file is, in a plain word and an icon: by its name, and where that says nothing by whether it holds text.

use crate::{
    app::icons,
    i18n::Texts,
    store::model::{Item, ItemKind},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pdf,
    Archive,
    DiskImage,
    Program,
    Sound,
    Film,
    Picture,
    Text,
    Document,
    Table,
    Slides,
    Code,
    Font,
    Book,
    Other,
}

impl Kind {
    fn of(name: &str) -> Self {
        match extension(name).to_ascii_lowercase().as_str() {
            "pdf" => Self::Pdf,
            "zip" | "gz" | "tgz" | "xz" | "zst" | "7z" | "rar" | "tar" | "bz2" | "cab" => Self::Archive,
            "iso" | "img" | "dmg" | "vhd" | "vhdx" | "qcow2" => Self::DiskImage,
            "exe" | "msi" | "deb" | "rpm" | "apk" | "appimage" | "flatpak" | "pkg" | "bat" | "cmd" | "com" => {
                Self::Program
            }
            "mp3" | "flac" | "ogg" | "opus" | "oga" | "wav" | "m4a" | "aac" | "wma" | "aiff" | "mid" | "amr" => {
                Self::Sound
            }
            "mp4" | "mkv" | "mov" | "avi" | "webm" | "m4v" | "mpg" | "mpeg" | "3gp" | "wmv" | "mts" | "m2ts" => {
                Self::Film
            }
            "png" | "jpg" | "jpeg" | "jpe" | "jfif" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "ico" | "heic"
            | "heif" | "avif" | "svg" | "qoi" | "tga" | "pnm" | "pbm" | "pgm" | "ppm" | "pam" | "hdr" | "exr"
            | "jxl" | "psd" | "xcf" | "dng" | "cr2" | "cr3" | "nef" | "arw" | "raf" | "orf" | "rw2" => Self::Picture,
            "txt" | "md" | "markdown" | "log" | "nfo" | "srt" | "vtt" | "tex" => Self::Text,
            "doc" | "docx" | "odt" | "rtf" | "pages" | "wps" => Self::Document,
            "csv" | "tsv" | "xls" | "xlsx" | "ods" | "numbers" | "et" => Self::Table,
            "ppt" | "pptx" | "odp" | "key" | "dps" => Self::Slides,
            "rs" | "c" | "h" | "cc" | "cpp" | "hpp" | "py" | "js" | "mjs" | "ts" | "tsx" | "jsx" | "go" | "java"
            | "kt" | "swift" | "rb" | "php" | "cs" | "lua" | "sql" | "html" | "htm" | "css" | "scss" | "json"
            | "toml" | "yaml" | "yml" | "xml" | "ini" | "conf" | "sh" | "bash" | "ps1" | "r" | "pl" | "vue"
            | "diff" | "patch" => Self::Code,
            "ttf" | "otf" | "woff" | "woff2" | "ttc" => Self::Font,
            "epub" | "mobi" | "azw3" | "djvu" => Self::Book,
            _ => Self::Other,
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Pdf => icons::FILE_PDF,
            Self::Archive | Self::DiskImage => icons::FILE_ZIP,
            Self::Sound => icons::FILE_AUDIO,
            Self::Film => icons::FILE_VIDEO,
            Self::Picture => icons::FILE_IMAGE,
            Self::Text | Self::Document | Self::Table | Self::Slides | Self::Book => icons::FILE_TEXT,
            Self::Code => icons::FILE_CODE,
            Self::Program | Self::Font | Self::Other => icons::FILE,
        }
    }
}

/// What comes behind the last dot of a name that doesn't begin with it.
fn extension(name: &str) -> &str {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, extension)| extension)
}

/// Whether a name promises text that can be read as it is.
pub fn may_be_text(name: &str) -> bool {
    let other_but_no_extension = extension(name).is_empty();
    match Kind::of(name) {
        Kind::Text | Kind::Code => true,
        Kind::Table => matches!(extension(name).to_ascii_lowercase().as_str(), "csv" | "tsv"),
        Kind::Other => other_but_no_extension,
        _ => false,
    }
}

/// Whether a name promises what only the system may show: a page, or a frame of a film.
pub fn system_may_show(name: &str) -> bool {
    let shown =
        matches!(Kind::of(name), Kind::Pdf | Kind::Film | Kind::Document | Kind::Table | Kind::Slides | Kind::Book);
    shown && !may_be_text(name)
}

/// Whether the middle of its picture says most; of a page it is the top.
pub fn is_film(name: &str) -> bool {
    Kind::of(name) == Kind::Film
}

/// Whether its columns mean something.
pub fn is_code(name: &str) -> bool {
    matches!(Kind::of(name), Kind::Code | Kind::Table) || extension(name).eq_ignore_ascii_case("log")
}

/// "PDF document"; of a kind that isn't known, what its name ends in.
pub fn word(texts: &Texts, name: &str, is_text: bool) -> String {
    /// Longer ones are part of the name rather than an ending.
    const LONGEST: usize = 6;
    let word = match Kind::of(name) {
        Kind::Pdf => texts.file_pdf(),
        Kind::Archive => texts.file_archive(),
        Kind::DiskImage => texts.file_disk_image(),
        Kind::Program => texts.file_program(),
        Kind::Sound => texts.file_sound(),
        Kind::Film => texts.file_film(),
        Kind::Picture => texts.file_picture(),
        Kind::Text => texts.file_text(),
        Kind::Document => texts.file_document(),
        Kind::Table => texts.file_table(),
        Kind::Slides => texts.file_slides(),
        Kind::Code => texts.file_code(),
        Kind::Font => texts.file_font(),
        Kind::Book => texts.file_book(),
        Kind::Other if is_text => texts.file_text(),
        Kind::Other => {
            let ending = extension(name);
            let is_ending =
                (1..=LONGEST).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
            return if is_ending { texts.file_of(&ending.to_ascii_uppercase()) } else { texts.file_plain().to_owned() };
        }
    };
    word.to_owned()
}

/// The icon of an item's kind.
pub fn item_icon(item: &Item) -> &'static str {
    if item.kind == ItemKind::Folder { icons::FOLDER } else { icon_of_name(&item.name) }
}

/// The icon of a file's kind, by its name.
pub fn icon_of_name(name: &str) -> &'static str {
    Kind::of(name).icon()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;

    #[test]
    fn the_system_is_asked_about_pages_and_films_alone() {
        for name in ["plan.PDF", "holiday.mov", "letter.docx", "budget.ods", "talk.pptx", "novel.epub"] {
            assert!(system_may_show(name), "{name}");
        }
        for name in ["list.csv", "letter.txt", "beach.jpg", "song.mp3", "backup.zip", "pdf", "setup.exe"] {
            assert!(!system_may_show(name), "{name}");
        }
    }

    #[test]
    fn files_are_called_by_plain_words_in_both_languages() {
        for (name, english, chinese) in [
            ("plan.PDF", "PDF document", "PDF 文档"),
            ("holiday.mp4", "Film", "视频"),
            ("backup.tar.gz", "Archive", "压缩包"),
            ("budget.xlsx", "Spreadsheet", "表格"),
            ("main.rs", "Source code", "源代码"),
            ("scene.blend", "BLEND file", "BLEND 文件"),
            ("README", "File", "文件"),
            (".hidden", "File", "文件"),
            ("a.very long ending", "File", "文件"),
        ] {
            let said = |tag| word(&Texts::new(Language::for_tag(tag).unwrap()), name, false);
            assert_eq!((said("en").as_str(), said("zh-CN").as_str()), (english, chinese), "{name}");
        }
        let english = Texts::new(Language::for_tag("en").unwrap());
        assert_eq!(word(&english, "README", true), "Text", "by what is inside");
    }
}
