//! Bounds of everything a file may ask for, each with its reason.

use std::time::Duration;

/// Pixels of one picture. The largest cameras of 2026 make 200 megapixels; as RGB that is 600 MB, too much for a
/// preview. 120 megapixels (panoramas, scans of A3 at 600 dpi) take 360 MB for a moment.
pub(super) const MAX_PIXELS: u64 = 120_000_000;

/// Bytes of the decoded original before it is scaled, whatever its depth.
pub(super) const MAX_DECODED_BYTES: u64 = 400 * 1024 * 1024;

/// Bytes of the file. A 120-megapixel TIFF without compression is 360 MB.
pub(super) const MAX_FILE_BYTES: u64 = 400 * 1024 * 1024;

/// A side; more than any format's sensible use, and within the u16 of JPEG and GIF.
pub(super) const MAX_SIDE: u32 = 65_535;

/// Read to know format and size: JPEG's EXIF with thumbnail and colour profile come before its size.
pub(super) const HEAD_BYTES: u64 = 512 * 1024;

/// What the parts of a file beside its pixels (profile, EXIF, texts) may unpack to: guards against compressed bombs there.
pub(super) const MAX_SIDE_DATA_BYTES: u64 = 64 * 1024 * 1024;

/// An ICC profile is some kilobytes; those of printers with tables reach a few megabytes.
pub(super) const MAX_ICC_BYTES: usize = 4 * 1024 * 1024;

/// The side of a scaled picture: what every graphics card can take in one texture, and enough for a 4K screen.
pub(super) const MAX_WANTED_SIDE: u32 = 4096;

/// Pixels of a picture that is looked at closely: cameras of 50 megapixels are seen pixel by pixel, and held by the window
/// as RGBA it takes 256 MiB, and a third more for its smaller forms.
pub(super) const MAX_WHOLE_PIXELS: u64 = 64 * 1024 * 1024;

/// A smaller form is made until both sides are within this: less than any window.
pub(super) const LEAST_LEVEL_SIDE: u32 = 512;

/// Pages of a TIFF that are counted: a book that was scanned has some hundreds.
pub(super) const MAX_PAGES: u32 = 10_000;

/// Of a line that a file says of itself, such as the name of a camera; in characters.
pub(super) const MAX_DETAIL: usize = 100;

/// Of a pixel of JPEG XL while it is decoded. Most are made row by row and take four with the result; those that come in
/// ever finer steps without loss are held whole and take nine (measured). Lets in 50 megapixels, which fit into
/// [`MAX_MEMORY_BYTES`] whatever they are.
pub(super) const JXL_PIXEL_BYTES: u64 = 8;

/// Samples of all channels of a picture of JPEG XL, or of one of its frames: as many pixels, with four channels.
pub(super) const MAX_JXL_SAMPLES: usize = (4 * MAX_DECODED_BYTES / JXL_PIXEL_BYTES) as usize;

/// Threads that decode a JPEG XL: two pictures are decoded at a time.
pub(super) const JXL_THREADS: usize = 4;

/// Bytes of a drawing (SVG), and nodes of its tree. Detailed maps reach a tenth of both.
pub(super) const MAX_DRAWING_BYTES: u64 = 32 * 1024 * 1024;
pub(super) const MAX_DRAWING_NODES: u32 = 1_000_000;

/// Bytes of the file with the face for letters that the program's own lacks: those with all of Chinese, Japanese and Korean
/// are 20 MB, one with all weights 60.
pub(super) const MAX_FACE_BYTES: u64 = 64 * 1024 * 1024;

/// The longer side of a drawing, in pixels, however small it says it is: icons say 16.
pub(super) const LEAST_DRAWING_SIDE: u32 = 1024;

/// Frames of an animation; at 25 a second that is 24 s. Later ones are left out.
pub(super) const MAX_FRAMES: usize = 600;

/// Bytes of all scaled frames of an animation: 90 frames of 420 × 315 pixels. Beyond it frames shrink, then are left out.
pub(super) const MAX_FRAMES_BYTES: usize = 48 * 1024 * 1024;

/// How much smaller frames get when they outgrow their budget, and how often: a quarter of the bytes after two.
pub(super) const SHRINK: f32 = 0.7;
pub(super) const MAX_SHRINKS: u32 = 2;

/// Pixels of a canvas that may move; three such buffers are held while frames are put together. Larger ones stand still.
pub(super) const MAX_MOVING_PIXELS: u64 = 16_000_000;

/// Decoded pixels over all frames of an animation: about two seconds of a core.
pub(super) const MAX_ANIMATION_PIXELS: u64 = 400_000_000;

/// Browsers do the same: a delay of 0 or 10 ms is a mistake of the file, and is shown as 100 ms.
pub(super) const SHORTEST_DELAY: Duration = Duration::from_millis(20);
pub(super) const DELAY_INSTEAD: Duration = Duration::from_millis(100);

/// A frame that stays for hours is a still picture to everybody.
pub(super) const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// Bytes of memory of a process that decodes: twice the largest original, beside the program itself. Two run at once, and
/// give everything back at their end.
pub(super) const MAX_MEMORY_BYTES: u64 = 2 * MAX_DECODED_BYTES + 256 * 1024 * 1024;

/// Seconds of processor time for a picture: these, and one more for each so many bytes of its file. A photograph as JPEG
/// takes less than a tenth of that, the slowest of 24 megapixels (JPEG XL without loss) two fifths, and a small file made to
/// be slow holds up one of two threads for no longer.
pub(super) const CPU_SECONDS: u64 = 4;
pub(super) const SLOWEST_FILE: u64 = 4 * 1024 * 1024;

/// By the clock, on a computer that has much else to do.
pub(super) const LONGEST: Duration = Duration::from_secs(60);

/// Requests that may wait; a screen shows a few dozen pictures.
pub(super) const MAX_WAITING: usize = 256;

/// Results that may lie there until the window takes them; each may be megabytes.
pub(super) const MAX_FINISHED: usize = 4;

/// Two: one large picture must not hold up all the small ones, and there are other threads.
pub(super) const THREADS: usize = 2;

/// Bytes of the previews that are kept on the disk: a photograph's takes 60 to 80 KB as large as a conversation shows it, so
/// these are more than ten thousand, or a third of that on a fine screen.
pub(super) const MAX_KEPT_BYTES: u64 = 1024 * 1024 * 1024;

/// Bytes that stay free on that disk: the room is for what arrives.
pub(super) const ROOM_FOR_OTHERS: u64 = 1024 * 1024 * 1024;

/// By the clock, for a program of the system's that shows what this one can't: a page or a frame of a film takes a second.
pub(super) const LONGEST_ASKED: Duration = Duration::from_secs(12);

/// The longer side of what the system is asked for, in pixels: the viewer's, on most screens.
pub(super) const MADE_SIDE: u32 = 1600;

/// Boxes of an AVIF or HEIC before the one that says how large it is, and bytes of that: one in tiles of 512 pixels, as
/// phones make them, takes some kilobytes, and one of [`MAX_PIXELS`] less than a hundred.
pub(super) const MAX_BOXES: usize = 16;
pub(super) const MAX_META_BYTES: u64 = 1024 * 1024;

/// What the system made is kept as it came: as many as are in sight at once, and the bytes of some of the largest.
pub(super) const MAX_MADE: usize = 64;
pub(super) const MADE_BYTES: usize = 24 * 1024 * 1024;
