//! What lies in a folder of partials and how far it can be relied on, written down beside it.
//!
//! The bytes and what is known of them live and die together, on one file system and in its order of flushes. Records
//! are only appended. A name is written down before or after it is given, in any order; it counts once a later
//! [`Record::Flushed`] covers it, which is written after everything before it was flushed. A torn end is cut off.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom, Write as _},
};

use super::hash::Value;
use crate::protocol::message::{Fault, Time};

/// The name in the folder of partials. Items lie there under their numbers.
pub(super) const NAME: &str = "journal";

/// Bytes gathered before they are written.
const GATHER: usize = 64 * 1024;

/// A record is a name or two, the values of at most [`MAX_VALUES`] groups, or twenty notes.
const MAX_RECORD: usize = 256 * 1024;

/// Of one record; more follow in the next.
pub(super) const MAX_VALUES: usize = 1024;

/// Of a record's BLAKE3: enough to tell a torn or rotten one.
const CHECK: usize = 8;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Which content of each item this is about: how often it began anew.
    Begun { versions: Vec<u32> },
    /// A folder inside an item; both paths are below the item, components joined by `/`, empty for the item itself.
    Folder { item: u32, entry: Option<u32>, wire: String, local: String, modified: Option<Time> },
    /// A complete file inside an item.
    File { item: u32, entry: u32, local: String, size: u64 },
    /// Everything that was written down before this position of the journal is on the disk.
    Flushed { upto: u64 },
    /// The beginning of a file is on the disk: the values of its groups from number `first` on. What was said of these
    /// and later ones is void.
    Groups { item: u32, entry: u32, local: String, size: u64, first: u32, values: Vec<Value> },
    /// An item is about to get its final name. It is found there by the number the file system gave it. With what is to
    /// be told of it: its files, its bytes, and what is not in it.
    Naming { item: u32, inode: u64, files: u64, bytes: u64, left_out_count: u64, left_out: Vec<(String, Fault)> },
}

/// The journal of one transfer, open at its end.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    gathered: Vec<u8>,
    position: u64,
    written: u64,
}

impl Journal {
    /// A new one, in an empty file.
    pub fn new(file: File) -> Self {
        Self { file, gathered: Vec::new(), position: 0, written: 0 }
    }

    /// The position behind what was appended.
    pub fn position(&self) -> u64 {
        self.position
    }

    pub fn append(&mut self, record: &Record) -> io::Result<()> {
        let before = self.gathered.len();
        let mut payload = Vec::new();
        encode(record, &mut payload);
        seal(&payload, &mut self.gathered);
        self.position += (self.gathered.len() - before) as u64;
        if self.gathered.len() >= GATHER { self.write() } else { Ok(()) }
    }

    /// Hands to the system what was gathered, so that a flush of the file system covers it. After an error it can be
    /// tried again.
    pub fn write(&mut self) -> io::Result<()> {
        if let Err(error) = self.file.write_all(&self.gathered) {
            // Nothing that follows would be read behind a record that was written in part.
            self.file.set_len(self.written)?;
            self.file.seek(SeekFrom::Start(self.written))?;
            return Err(error);
        }
        self.written += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }

    /// Everything that was appended is on the disk.
    pub fn flush(&mut self) -> io::Result<()> {
        self.write()?;
        self.file.sync_data()
    }
}

/// Shows every record of a file, from its beginning.
pub(super) fn read(mut file: &File, visit: impl FnMut(u64, Record) -> io::Result<()>) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    records(io::BufReader::with_capacity(GATHER, file), visit)
}

/// Shows every record, with the position behind it, up to the first that isn't whole.
///
/// # Errors
/// Those of the reader, and of `visit`.
pub fn records(mut reader: impl io::Read, mut visit: impl FnMut(u64, Record) -> io::Result<()>) -> io::Result<()> {
    let mut position = 0;
    while let Some((length, record)) = next(&mut reader)? {
        position += length;
        visit(position, record)?;
    }
    Ok(())
}

/// Appends a record of this content as it stands in the file: its length, itself, and what tells whether it is whole.
pub fn seal(payload: &[u8], out: &mut Vec<u8>) {
    out.extend(u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(payload);
    out.extend(check_of(payload));
}

fn check_of(payload: &[u8]) -> [u8; CHECK] {
    let hash = blake3::hash(payload);
    hash.as_bytes().first_chunk().copied().unwrap_or_default()
}

/// `None` at the end, and at the first record that isn't whole.
fn next(reader: &mut impl io::Read) -> io::Result<Option<(u64, Record)>> {
    let mut length = [0; 4];
    if !fill(reader, &mut length)? {
        return Ok(None);
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_RECORD {
        return Ok(None);
    }
    let mut payload = vec![0; length];
    let mut check = [0; CHECK];
    if !fill(reader, &mut payload)? || !fill(reader, &mut check)? || check != check_of(&payload) {
        return Ok(None);
    }
    Ok(decode(&payload).map(|record| ((4 + length + CHECK) as u64, record)))
}

/// False at the end of the file.
fn fill(reader: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// Appends the content of a record.
pub fn encode(record: &Record, out: &mut Vec<u8>) {
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend((text.len() as u32).to_le_bytes());
        out.extend(text.as_bytes());
    };
    match record {
        Record::Begun { versions } => {
            out.push(1);
            versions.iter().for_each(|version| out.extend(version.to_le_bytes()));
        }
        Record::Folder { item, entry, wire, local, modified } => {
            out.push(2);
            out.extend(item.to_le_bytes());
            out.extend(entry.unwrap_or(u32::MAX).to_le_bytes());
            let time = modified.unwrap_or(NO_TIME);
            out.extend(time.seconds.to_le_bytes());
            out.extend(time.nanos.to_le_bytes());
            text(out, wire);
            text(out, local);
        }
        Record::File { item, entry, local, size } => {
            out.push(3);
            out.extend(item.to_le_bytes());
            out.extend(entry.to_le_bytes());
            out.extend(size.to_le_bytes());
            text(out, local);
        }
        Record::Flushed { upto } => {
            out.push(4);
            out.extend(upto.to_le_bytes());
        }
        Record::Groups { item, entry, local, size, first, values } => {
            out.push(5);
            out.extend(item.to_le_bytes());
            out.extend(entry.to_le_bytes());
            out.extend(size.to_le_bytes());
            out.extend(first.to_le_bytes());
            text(out, local);
            out.extend(values.as_flattened());
        }
        Record::Naming { item, inode, files, bytes, left_out_count, left_out } => {
            out.push(6);
            out.extend(item.to_le_bytes());
            [inode, files, bytes, left_out_count].into_iter().for_each(|number| out.extend(number.to_le_bytes()));
            for (path, fault) in left_out {
                out.push(FAULTS.iter().position(|known| known == fault).unwrap_or_default() as u8);
                text(out, path);
            }
        }
    }
}

/// By their numbers on the disk.
const FAULTS: [Fault; 9] = [
    Fault::Unknown,
    Fault::Gone,
    Fault::Unreadable,
    Fault::Changed,
    Fault::Damaged,
    Fault::DiskFull,
    Fault::FolderNotWritable,
    Fault::NotAFile,
    Fault::NotPossible,
];

const NO_TIME: Time = Time { seconds: i64::MIN, nanos: u32::MAX };

fn decode(payload: &[u8]) -> Option<Record> {
    let (kind, rest) = payload.split_first()?;
    let mut rest = Fields(rest);
    Some(match kind {
        1 => Record::Begun {
            versions: rest.0.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect(),
        },
        2 => {
            let (item, entry) = (rest.u32()?, rest.u32()?);
            let time = Time { seconds: i64::from_le_bytes(rest.take()?), nanos: rest.u32()? };
            let (wire, local) = (rest.text()?, rest.text()?);
            let (entry, modified) = ((entry != u32::MAX).then_some(entry), (time != NO_TIME).then_some(time));
            Record::Folder { item, entry, wire, local, modified }
        }
        3 => {
            let (item, entry, size) = (rest.u32()?, rest.u32()?, rest.u64()?);
            Record::File { item, entry, local: rest.text()?, size }
        }
        4 => Record::Flushed { upto: rest.u64()? },
        5 => {
            let (item, entry, size, first) = (rest.u32()?, rest.u32()?, rest.u64()?, rest.u32()?);
            let local = rest.text()?;
            Record::Groups { item, entry, local, size, first, values: rest.0.as_chunks().0.to_vec() }
        }
        6 => {
            let (item, inode) = (rest.u32()?, rest.u64()?);
            let (files, bytes, left_out_count) = (rest.u64()?, rest.u64()?, rest.u64()?);
            let mut left_out = Vec::new();
            while let Some([fault]) = rest.take() {
                left_out.push((rest.text()?, FAULTS.get(usize::from(fault)).copied().unwrap_or(Fault::Unknown)));
            }
            Record::Naming { item, inode, files, bytes, left_out_count, left_out }
        }
        // Of a later version; nothing may depend on its being understood.
        _ => Record::Flushed { upto: 0 },
    })
}

/// What is left to decode.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(bytes.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let modified = Some(Time { seconds: -3, nanos: 5 });
        vec![
            Record::Begun { versions: vec![0, 7] },
            Record::Folder { item: 1, entry: None, wire: "a:b".into(), local: "a_b".into(), modified: None },
            Record::Folder { item: 1, entry: Some(0), wire: String::new(), local: String::new(), modified },
            Record::File { item: 1, entry: 2, local: "a_b/照片.jpg".into(), size: u64::MAX },
            Record::Flushed { upto: 99 },
            Record::Groups {
                item: 0,
                entry: 0,
                local: String::new(),
                size: 5,
                first: 3,
                values: vec![[1; 32], [2; 32]],
            },
            Record::Naming {
                item: 0,
                inode: 77,
                files: 1,
                bytes: 5,
                left_out_count: 9,
                left_out: vec![("a/b".into(), Fault::Gone)],
            },
        ]
    }

    fn records_in(path: &std::path::Path) -> Vec<Record> {
        let mut all = Vec::new();
        read(&File::open(path).unwrap(), |_, record| {
            all.push(record);
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn an_end_torn_anywhere_is_left_out_and_the_rest_counts() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let mut journal = Journal::new(place.reopen().unwrap());
        let mut ends = Vec::new();
        for record in records() {
            journal.append(&record).unwrap();
            ends.push(journal.position());
        }
        journal.flush().unwrap();
        let whole = std::fs::read(place.path()).unwrap();
        for length in 0..=whole.len() {
            std::fs::write(place.path(), &whole[..length]).unwrap();
            let expected = ends.iter().filter(|end| **end <= length as u64).count();
            assert_eq!(records_in(place.path()), records()[..expected], "torn after {length}");
        }
        let mut rotten = whole;
        rotten[20] ^= 1;
        std::fs::write(place.path(), rotten).unwrap();
        assert!(records_in(place.path()).len() < 2);
    }
}
