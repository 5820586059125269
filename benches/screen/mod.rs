//! An X screen seen and touched directly: pixels, windows, and a pointer that moves at once.

use std::path::Path;

use x11rb::{
    connection::Connection as _,
    protocol::{
        xproto::{AtomEnum, ConnectionExt as _, ImageFormat, MapState, Window},
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

pub struct Screen {
    connection: RustConnection,
    root: Window,
    size: (u16, u16),
}

/// A picture as a grid of colours, found on a screen at any size.
pub struct Reference {
    grid: Vec<[f32; 3]>,
    aspect: f32,
}

/// Points per side at which a picture is compared.
const GRID: usize = 12;
/// Mean difference per channel (of 255) below which it is the same picture; blurs and other colours differ by more.
const ALIKE: f32 = 14.0;

/// Of a preview in a conversation, in points.
pub const PREVIEW_WIDTH: f32 = 420.0;

impl Reference {
    pub fn of(photo: &Path) -> Self {
        let picture = image::open(photo).expect("the photo can be decoded").to_rgb8();
        let (width, height) = picture.dimensions();
        let small = image::imageops::thumbnail(&picture, GRID as u32 * 8, GRID as u32 * 8);
        let grid = points().map(|(x, y)| {
            let pixel = small.get_pixel((x * (GRID * 8) as f32) as u32, (y * (GRID * 8) as f32) as u32);
            pixel.0.map(f32::from)
        });
        Self { grid: grid.collect(), aspect: width as f32 / height as f32 }
    }
}

fn points() -> impl Iterator<Item = (f32, f32)> {
    let step = |i: usize| 0.1 + 0.8 * i as f32 / (GRID - 1) as f32;
    (0..GRID).flat_map(move |y| (0..GRID).map(move |x| (step(x), step(y))))
}

impl Screen {
    pub fn open(display: &str) -> Self {
        let (connection, number) = x11rb::connect(Some(display)).expect("the X server answers");
        let screen = &connection.setup().roots[number];
        let (root, size) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
        Self { connection, root, size }
    }

    /// Whether a window of this title is mapped and drawn.
    pub fn shows_window(&self, title: &str) -> bool {
        self.find_window(self.root, title).is_some_and(|window| {
            let attributes = self.connection.get_window_attributes(window).ok().and_then(|cookie| cookie.reply().ok());
            attributes.is_some_and(|attributes| attributes.map_state == MapState::VIEWABLE)
        })
    }

    fn find_window(&self, below: Window, title: &str) -> Option<Window> {
        let name =
            self.connection.get_property(false, below, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).ok()?.reply().ok();
        if name.is_some_and(|name| String::from_utf8_lossy(&name.value).contains(title)) {
            return Some(below);
        }
        let children = self.connection.query_tree(below).ok()?.reply().ok()?.children;
        children.into_iter().find_map(|child| self.find_window(child, title))
    }

    pub fn pixel(&self, (x, y): (i32, i32)) -> [u8; 3] {
        let image = self.image(x as i16, y as i16, 1, 1);
        [image[2], image[1], image[0]]
    }

    pub fn move_pointer(&self, (x, y): (i32, i32)) {
        const MOTION_NOTIFY: u8 = 6;
        self.connection
            .xtest_fake_input(MOTION_NOTIFY, 0, 0, self.root, x as i16, y as i16, 0)
            .expect("the XTEST extension is there");
        self.connection.flush().expect("the X server answers");
    }

    /// Presses the left button where the pointer is, and lets go.
    pub fn click(&self) {
        const PRESS: u8 = 4;
        const RELEASE: u8 = 5;
        for kind in [PRESS, RELEASE] {
            self.connection.xtest_fake_input(kind, 1, 0, self.root, 0, 0, 0).expect("the XTEST extension is there");
        }
        self.connection.flush().expect("the X server answers");
    }

    /// Turns the wheel by a notch, upwards or downwards.
    pub fn turn_wheel(&self, up: bool) {
        const PRESS: u8 = 4;
        const RELEASE: u8 = 5;
        for kind in [PRESS, RELEASE] {
            let button = if up { 4 } else { 5 };
            self.connection
                .xtest_fake_input(kind, button, 0, self.root, 0, 0, 0)
                .expect("the XTEST extension is there");
        }
        self.connection.flush().expect("the X server answers");
    }

    /// The pixels of one column, from top to bottom.
    pub fn column(&self, x: i32) -> Vec<u8> {
        self.image(x as i16, 0, 1, self.size.1)
    }

    /// Whether the picture is somewhere on the screen as a preview 420 pixels wide.
    pub fn shows(&self, reference: &Reference) -> bool {
        self.find(reference, PREVIEW_WIDTH, [0, 0, self.size.0, self.size.1]).is_some()
    }

    /// The left upper corner of the picture inside a part of the screen (x, y, width, height), where it is so wide.
    pub fn find(&self, reference: &Reference, width: f32, part: [u16; 4]) -> Option<[u16; 2]> {
        let height = width / reference.aspect;
        let [part_left, part_top, screen_width, screen_height] = part;
        let image = self.image(part_left as i16, part_top as i16, screen_width, screen_height);
        let at = |x: usize, y: usize| {
            let offset = (y * usize::from(screen_width) + x) * 4;
            [f32::from(image[offset + 2]), f32::from(image[offset + 1]), f32::from(image[offset])]
        };
        let rows = (0..usize::from(screen_height).saturating_sub(height as usize)).step_by(4);
        rows.flat_map(|top| {
            (0..usize::from(screen_width).saturating_sub(width as usize)).step_by(4).map(move |left| (left, top))
        })
        .find(|&(left, top)| {
            let mut sum = 0.0;
            for (wanted, (x, y)) in reference.grid.iter().zip(points()) {
                let seen = at(left + (x * width) as usize, top + (y * height) as usize);
                sum += wanted.iter().zip(seen).map(|(a, b)| (a - b).abs()).sum::<f32>() / 3.0;
                if sum > ALIKE * reference.grid.len() as f32 {
                    return false;
                }
            }
            true
        })
        .map(|(left, top)| [part_left + left as u16, part_top + top as u16])
    }

    /// Rows of BGRX pixels.
    fn image(&self, x: i16, y: i16, width: u16, height: u16) -> Vec<u8> {
        let cookie = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX);
        cookie.expect("the X server answers").reply().expect("a picture of the screen").data
    }
}
