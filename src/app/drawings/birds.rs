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

/// For avatars; never reorder: a computer's bird is chosen by its place.
pub(in crate::app) const ALL: [&Bird; 6] = [&PIGEON, &DOVE, &FANTAIL, &SWALLOW, &OWL, &SWAN];
