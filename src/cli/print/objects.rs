//! One JSON object a line.

use std::{borrow::Cow, fmt::Write as _, io};

use serde::Serialize;
use serde_json::{Value, json};

use super::{Printer, picture_of};
use crate::{
    cli::line::{CompareLine, CompareNews, Line, TransferLine},
    platform::path_bytes,
    store::model::Problem,
};

impl Printer {
    pub(super) fn json_line(&mut self, line: &Line) -> io::Result<()> {
        match line {
            Line::Computer(computer) => self.object(computer),
            Line::Known(known) => self.object(known),
            Line::Shelf(item) => self.object(item),
            Line::Offered(item) => self.object(item),
            Line::Transfer(transfer) => {
                let mut line = transfer.clone();
                let why = line.reason.take().map(|reason| self.reason(transfer, &reason));
                let (code, message) = why.unzip();
                self.object(&Reasoned { line: &line, code, message })
            }
            Line::Error(problem) => {
                let mut value = json!({
                    "event": "error",
                    "code": code(problem),
                    "message": self.texts.problem_sentence(problem),
                });
                if let Problem::Ambiguous { fingerprints } = problem {
                    value["fingerprints"] = fingerprints.as_slice().into();
                }
                self.object(&value)
            }
            Line::Notice(notice) => {
                let mut value = serde_json::to_value(notice)?;
                value["event"] = "notice".into();
                value["message"] = self.notice(notice).into();
                self.object(&value)
            }
            Line::Compare(compare) => {
                let value = self.compare_value(compare);
                self.object(&value)
            }
            Line::Nothing(_) => Ok(()),
            Line::Ready { name, fingerprint, port, path } => self.object(
                &json!({ "event": "ready", "name": name, "fingerprint": fingerprint, "port": port, "path": path }),
            ),
        }
    }

    fn compare_value(&self, line: &CompareLine) -> Value {
        let CompareLine { name, fingerprint, news } = line;
        let mut value = json!({ "name": name, "fingerprint": fingerprint });
        value["event"] = match news {
            CompareNews::Code { digits, pictures, pushed, asks: _ } => {
                value["digits"] = digits.replace(' ', "").into();
                value["emoji"] = pictures.iter().map(|picture| picture_of(*picture)).collect();
                value["names"] = pictures.iter().map(|picture| self.texts.emoji_name((*picture).into())).collect();
                value["pushed"] = (*pushed).into();
                "code"
            }
            CompareNews::Failed(problem) => {
                value["code"] = code(problem).into();
                value["message"] = self.texts.problem_sentence(problem).into();
                "compare-failed"
            }
            CompareNews::Verified => "verified",
            CompareNews::Differs => "differs",
        }
        .into();
        value
    }
}

/// A transfer's news with its reason in words.
#[derive(Serialize)]
struct Reasoned<'a> {
    #[serde(flatten)]
    line: &'a TransferLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A path that is not Unicode came as bytes: as readable as it gets in `path`, and in hex in `path_bytes`. `None` where
/// nothing has to be changed.
pub(super) fn with_readable_path(mut value: Value) -> Option<Value> {
    let Some(Value::Array(bytes)) = value.get("path") else { return None };
    let bytes: Vec<u8> = bytes.iter().filter_map(|byte| byte.as_u64()?.try_into().ok()).collect();
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    });
    value["path"] = path_bytes::from_bytes(&bytes).to_string_lossy().into();
    value["path_bytes"] = hex.into();
    Some(value)
}

/// The word of a problem in JSON.
pub(super) fn code(problem: &Problem) -> String {
    let value = serde_json::to_value(problem).ok();
    let code = value.as_ref().and_then(|value| value["code"].as_str());
    code.unwrap_or("unknown").to_owned()
}

/// JSON in which nothing commands a terminal or changes the direction of its text: such characters stand only inside
/// strings, where JSON can write them as numbers.
pub(super) fn harmless(json: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
    };
    if !json.contains(harmful) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmful(c) {
            write!(text, "\\u{:04x}", u32::from(c)).ok();
        } else {
            text.push(c);
        }
    }
    text.into()
}
