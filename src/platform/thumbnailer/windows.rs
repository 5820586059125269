//! The shell's thumbnail providers.
//!
//! This program is started once more to ask for one: a provider that crashes or hangs costs a picture, and nothing of it
//! runs beside keys and connections. Most providers run in a process of the shell's own besides.
//!
//! What they are asked through is COM, whose calls are foreign functions: the unsafe code is those calls alone, each with
//! pointers to values of this function that outlive it.
#![allow(unsafe_code)]

use std::{
    ffi::OsString,
    io::{self, Write as _},
    mem::size_of,
    path::{Path, absolute},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use windows::{
    Win32::{
        Foundation::SIZE,
        Graphics::Gdi::{
            BI_RGB, BITMAP, BITMAPINFO, BITMAPINFOHEADER, DIB_RGB_COLORS, DeleteObject, GetDC, GetDIBits, GetObjectW,
            HBITMAP, ReleaseDC,
        },
        System::Com::{COINIT_APARTMENTTHREADED, COINIT_DISABLE_OLE1DDE, CoInitializeEx},
        UI::Shell::{IShellItemImageFactory, SHCreateItemFromParsingName, SIIGBF_BIGGERSIZEOK, SIIGBF_THUMBNAILONLY},
    },
    core::HSTRING,
};

use super::{ThumbnailerError, Wanted, written_by};

/// The first word of the command line of the process that asks the shell.
const THUMBNAILER: &str = "--ask-the-shell-for-a-small-picture";

/// The side of a picture that is believed, in pixels.
const MAX_SIDE: i32 = 4096;

pub(super) fn small_picture(wanted: Wanted<'_>, cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, ThumbnailerError> {
    let deadline = Instant::now() + wanted.within;
    let program = crate::platform::this_program().map_err(|_| ThumbnailerError::NoProgram)?;
    // Absolute, and not in the long form, which the shell does not parse.
    let path = absolute(wanted.path).map_err(|_| ThumbnailerError::NothingMade)?;
    let child = Command::new(program)
        .args([THUMBNAILER, &wanted.side.to_string()])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| ThumbnailerError::NoProgram)?;
    let made = written_by(child, deadline, cancelled)?;
    if made.is_empty() { Err(ThumbnailerError::NothingMade) } else { Ok(made) }
}

/// Asks the shell, if the words of the command line say so: writes a PNG to standard output, and ends.
pub fn run_thumbnailer(mut words: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    (words.nth(1)? == THUMBNAILER).then(|| {
        let side = words.next().and_then(|word| word.to_str()?.parse().ok());
        let done = side.zip(words.next()).is_some_and(|(side, path)| answer(Path::new(&path), side).is_ok());
        if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}

fn answer(path: &Path, side: i32) -> io::Result<()> {
    let bitmap = Bitmap(shell_picture(path, side.clamp(1, MAX_SIDE))?);
    let (width, height, mut pixels) = bitmap.pixels()?;
    straight_rgba(&mut pixels);
    let mut png = Vec::new();
    PngEncoder::new(&mut png)
        .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
        .map_err(io::Error::other)?;
    io::stdout().write_all(&png)
}

fn shell_picture(path: &Path, side: i32) -> windows::core::Result<HBITMAP> {
    // SAFETY: this is the process' only thread, which ends with it; both names live to the end of their calls.
    unsafe {
        CoInitializeEx(None, COINIT_APARTMENTTHREADED | COINIT_DISABLE_OLE1DDE).ok()?;
        let item: IShellItemImageFactory = SHCreateItemFromParsingName(&HSTRING::from(path), None)?;
        item.GetImage(SIZE { cx: side, cy: side }, SIIGBF_THUMBNAILONLY | SIIGBF_BIGGERSIZEOK)
    }
}

/// Of the shell's; let go of at the end.
struct Bitmap(HBITMAP);

impl Drop for Bitmap {
    fn drop(&mut self) {
        // SAFETY: it is this value's alone.
        unsafe { _ = DeleteObject(self.0.into()) };
    }
}

impl Bitmap {
    /// Width, height, and four bytes a pixel, blue first, rows from the top.
    fn pixels(&self) -> io::Result<(u32, u32, Vec<u8>)> {
        let mut shape = BITMAP::default();
        let bytes = size_of::<BITMAP>() as i32;
        // SAFETY: `shape` has the size that is said and outlives the call.
        let told = unsafe { GetObjectW(self.0.into(), bytes, Some((&raw mut shape).cast())) };
        let (width, height) = (shape.bmWidth, shape.bmHeight.abs());
        if told != bytes || !(1..=MAX_SIDE).contains(&width) || !(1..=MAX_SIDE).contains(&height) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut info = BITMAPINFO {
            bmiHeader: BITMAPINFOHEADER {
                biSize: size_of::<BITMAPINFOHEADER>() as u32,
                biWidth: width,
                // Negative: rows from the top.
                biHeight: -height,
                biPlanes: 1,
                biBitCount: 32,
                biCompression: BI_RGB.0,
                ..BITMAPINFOHEADER::default()
            },
            ..BITMAPINFO::default()
        };
        let (width, height) = (width.unsigned_abs(), height.unsigned_abs());
        let mut pixels = vec![0; width as usize * height as usize * 4];
        // SAFETY: `pixels` holds as many rows of four bytes a pixel as `info` says.
        let rows = unsafe {
            let screen = GetDC(None);
            let to = pixels.as_mut_ptr().cast();
            let rows = GetDIBits(screen, self.0, 0, height, Some(to), &raw mut info, DIB_RGB_COLORS);
            ReleaseDC(None, screen);
            rows
        };
        if rows.unsigned_abs() == height { Ok((width, height, pixels)) } else { Err(io::Error::last_os_error()) }
    }
}

/// Red first, and alpha not multiplied in. Providers that know no alpha leave it zero everywhere.
fn straight_rgba(pixels: &mut [u8]) {
    let (pixels, _) = pixels.as_chunks_mut::<4>();
    let opaque = pixels.iter().all(|pixel| pixel[3] == 0);
    for pixel in pixels {
        pixel.swap(0, 2);
        if opaque {
            pixel[3] = u8::MAX;
        } else if pixel[3] != 0 {
            let alpha = u32::from(pixel[3]);
            for channel in &mut pixel[..3] {
                *channel = (u32::from(*channel) * 255 / alpha).min(255) as u8;
            }
        }
    }
}
