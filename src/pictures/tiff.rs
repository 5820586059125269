//! The structure of TIFF, which EXIF and many cameras' own formats have too: numbers in either order of bytes, and
//! directories of fields with twelve bytes each.

/// Where a field's value is, or where it points to.
pub(super) const VALUE_AT: usize = 8;

/// Of a directory's number of fields.
const COUNT_LEN: usize = 2;
const FIELD_LEN: usize = 12;

/// Bytes that begin as TIFF does; nothing else about them is known to make sense.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let little = bytes.starts_with(b"II*\0");
        (little || bytes.starts_with(b"MM\0*")).then_some(Self { bytes, little })
    }

    pub(super) fn u16_at(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(super) fn u32_at(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        usize::try_from(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    }

    /// Where the first directory is.
    pub(super) fn first_directory(&self) -> Option<usize> {
        self.u32_at(4)
    }

    /// Where the one behind `directory` is.
    pub(super) fn next_directory(&self, directory: usize) -> Option<usize> {
        let fields = usize::from(self.u16_at(directory)?);
        self.u32_at(directory.checked_add(COUNT_LEN + fields * FIELD_LEN)?).filter(|next| *next != 0)
    }

    /// The tag of each field of a directory and where the field is, up to where the bytes end.
    pub(super) fn fields(&self, directory: usize) -> impl Iterator<Item = (u16, usize)> {
        let count = self.u16_at(directory).map_or(0, usize::from);
        (0..count).map_while(move |field| {
            let at = directory.checked_add(COUNT_LEN + field * FIELD_LEN)?;
            Some((self.u16_at(at)?, at))
        })
    }

    /// What begins at `at`.
    pub(super) fn from(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }
}
