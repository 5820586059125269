//! The birds: outlines in a square of 100, facing right, as SVG path data.

/// Two flat shapes and an eye.
#[derive(Debug)]
pub(in crate::app) struct Bird {
    pub body: &'static str,
    /// The wing, or what lies behind the body if `behind`.
    pub wing: &'static str,
    /// The wing is raised or spread behind the body, so it is seen against the sky, not against the body.
    pub behind: bool,
    pub eyes: &'static [Eye],
}

#[derive(Debug)]
pub(in crate::app) struct Eye {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    /// A light middle of this radius.
    pub pupil: f32,
}

pub(in crate::app) const PIGEON: Bird = Bird {
    body: "M85 38 L76 34 C74 27 68 23 61 24 C53 25 50 32 49 39 C46 48 37 54 28 60 L9 72 L13 79 L33 75 C41 82 55 84 64 78 C75 70 78 58 76 45 Z",
    wing: "M54 50 C45 53 36 61 24 73 C40 75 57 71 62 61 C64 57 62 51 54 50 Z",
    behind: false,
    eyes: &[Eye { x: 66.0, y: 33.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const DOVE: Bird = Bird {
    body: "M92 42 L83 37 C80 31 72 31 67 36 C60 43 52 49 42 53 L14 57 L20 63 L12 69 L41 70 C58 74 76 66 83 48 Z",
    wing: "M66 50 C64 34 52 18 30 9 C27 28 33 47 46 59 C56 62 66 60 66 50 Z",
    behind: true,
    eyes: &[Eye { x: 75.0, y: 39.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const FANTAIL: Bird = Bird {
    body: "M88 42 L80 39 C78 32 71 30 66 33 C61 36 61 42 62 48 C62 52 58 54 53 56 C46 59 42 66 45 73 C50 82 64 84 73 77 C81 70 80 58 79 48 Z",
    wing: "M54.0 64.0 L72.8 28.7 C73.2 22.5 57.5 18.4 54.8 24.0 C52.4 18.3 36.6 21.7 36.7 27.9 C31.9 23.9 19.4 34.1 22.3 39.6 C16.2 38.2 9.6 52.9 14.7 56.5 C8.6 58.0 9.4 74.1 15.5 75.0 Z",
    behind: true,
    eyes: &[Eye { x: 72.0, y: 39.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const SWALLOW: Bird = Bird {
    body: "M91 27 L82 24 C77 20 70 22 66 28 C59 37 49 45 39 52 L6 66 L34 64 L16 84 L48 66 C62 62 76 52 82 34 Z",
    wing: "M62 38 C54 26 40 16 16 13 C22 29 34 44 50 54 C58 52 64 46 62 38 Z",
    behind: true,
    eyes: &[Eye { x: 76.0, y: 28.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const OWL: Bird = Bird {
    body: "M26 20 C30 24 36 25 40 24 C46 22 54 22 60 24 C64 25 70 24 74 20 C77 28 77 34 76 40 C80 52 79 68 70 78 C62 87 38 87 30 78 C21 68 20 52 24 40 C23 34 23 28 26 20 Z",
    wing: "M50 56 C60 56 66 62 66 70 C64 78 58 82 50 82 C42 82 36 78 34 70 C34 62 40 56 50 56 Z",
    behind: false,
    eyes: &[Eye { x: 40.0, y: 42.0, radius: 8.5, pupil: 3.4 }, Eye { x: 60.0, y: 42.0, radius: 8.5, pupil: 3.4 }],
};

pub(in crate::app) const SWAN: Bird = Bird {
    body: "M84 31 L74 27 C72 19 61 17 56 24 C51 31 56 38 60 44 C63 50 58 54 50 53 C38 51 24 54 10 48 C13 66 26 80 48 81 C68 82 82 70 78 54 C76 47 70 42 67 37 C66 35 70 35 74 34 Z",
    wing: "M56 60 C44 56 32 58 18 55 C24 66 38 74 52 72 C60 70 62 63 56 60 Z",
    behind: false,
    eyes: &[Eye { x: 65.0, y: 26.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const DUCK: Bird = Bird {
    body: "M93 35 L79 30 C76 21 68 16 60 18 C50 20 46 30 49 39 C51 46 47 50 40 51 C30 52 22 50 12 40 C9 52 12 66 24 74 C36 82 58 83 70 77 C82 71 85 57 78 47 C76 44 78 41 81 40 Z",
    wing: "M58 54 C48 50 36 54 24 58 C30 68 44 72 56 68 C64 65 66 58 58 54 Z",
    behind: false,
    eyes: &[Eye { x: 64.0, y: 28.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const PENGUIN: Bird = Bird {
    body: "M68 26 L60 22 C58 13 50 9 43 12 C35 15 33 23 33 31 C25 40 22 56 25 70 C26 78 30 84 36 87 L32 92 L60 92 L62 86 C70 80 73 66 70 52 C68 44 63 38 60 32 Z",
    wing: "M40 42 C32 50 28 60 27 74 C36 72 44 62 46 50 C46 45 43 42 40 42 Z",
    behind: false,
    eyes: &[Eye { x: 50.0, y: 23.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const ROBIN: Bird = Bird {
    body: "M90 42 L79 38 C74 27 62 22 50 26 C38 30 30 42 26 52 L8 60 L10 67 L26 66 C30 78 44 84 58 82 C74 79 82 64 80 48 Z",
    wing: "M52 50 C42 48 32 56 24 64 C32 72 46 74 54 68 C60 62 60 53 52 50 Z",
    behind: false,
    eyes: &[Eye { x: 66.0, y: 38.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const TOUCAN: Bird = Bird {
    body: "M58 18 C74 10 92 18 96 38 C88 32 78 37 64 39 C66 52 62 64 50 72 L36 94 L26 92 L30 74 C22 64 24 44 32 30 C38 19 50 14 58 18 Z",
    wing: "M40 46 C34 54 32 64 34 76 C44 72 52 62 52 50 C50 44 44 43 40 46 Z",
    behind: false,
    eyes: &[Eye { x: 52.0, y: 29.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const HERON: Bird = Bird {
    body: "M96 22 L76 17 C72 11 62 12 59 19 C57 26 62 31 64 37 C66 44 60 47 52 48 C38 49 26 56 12 70 C26 73 40 73 49 69 L49 94 L54 94 L55 66 C68 60 74 48 71 38 C69 32 65 28 67 24 C69 22 73 24 77 23 Z",
    wing: "M52 52 C42 52 32 58 24 66 C36 68 50 66 56 60 C58 56 56 52 52 52 Z",
    behind: false,
    eyes: &[Eye { x: 67.0, y: 18.0, radius: 2.6, pupil: 0.0 }],
};

pub(in crate::app) const HUMMINGBIRD: Bird = Bird {
    body: "M98 20 L73 27 C66 22 57 25 55 33 C53 42 46 50 36 58 L14 80 L23 79 L24 88 L46 70 C60 66 70 52 73 38 C73 34 74 32 76 30 Z",
    wing: "M56 46 C52 28 40 14 22 8 C18 28 26 46 44 56 C52 56 56 52 56 46 Z",
    behind: true,
    eyes: &[Eye { x: 65.0, y: 31.0, radius: 3.0, pupil: 0.0 }],
};

pub(in crate::app) const KIWI: Bird = Bird {
    body: "M95 68 L78 45 C79 36 72 29 64 31 C57 32 54 37 50 38 C34 34 18 42 15 57 C13 70 24 80 38 80 L36 92 L44 92 L46 80 C62 80 68 68 69 54 C71 52 74 51 75 50 Z",
    wing: "M44 48 C34 46 26 53 25 62 C32 70 44 70 51 63 C55 57 51 50 44 48 Z",
    behind: false,
    eyes: &[Eye { x: 69.0, y: 39.0, radius: 2.8, pupil: 0.0 }],
};

pub(in crate::app) const PARROT: Bird = Bird {
    body: "M72 36 C77 42 76 49 70 54 C70 49 68 47 64 47 C64 58 58 66 50 71 L34 95 L28 92 L32 72 C25 62 27 46 36 34 C33 26 34 16 40 8 C42 14 44 18 46 21 C47 15 51 10 56 8 C56 14 57 18 59 21 C66 22 71 28 72 36 Z",
    wing: "M42 46 C35 54 33 64 36 76 C46 70 53 61 52 51 C50 45 46 44 42 46 Z",
    behind: false,
    eyes: &[Eye { x: 59.0, y: 33.0, radius: 3.0, pupil: 0.0 }],
};

/// For avatars; never reorder: a computer's bird is chosen by its place.
pub(in crate::app) const ALL: [&Bird; 14] = [
    &PIGEON,
    &DOVE,
    &FANTAIL,
    &SWALLOW,
    &OWL,
    &SWAN,
    &DUCK,
    &PENGUIN,
    &ROBIN,
    &TOUCAN,
    &HERON,
    &HUMMINGBIRD,
    &KIWI,
    &PARROT,
];
