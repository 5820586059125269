//! Drawings (SVG), rendered by `resvg` at the size they are shown.
//!
//! Nothing outside the file is looked at: pictures in it only as `data:` URLs, text only in the face that comes with the
//! program, and what that lacks in the one that was handed over (see [`faces`](super::faces)). Scripts, animation and
//! links are unknown to resvg.

use std::{
    io::{Cursor, Read},
    sync::{Arc, OnceLock},
};

use flate2::read::GzDecoder;
use image::{DynamicImage, RgbaImage};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{
        FallbackSelectionFn, FontResolver, ImageHrefDataResolverFn, ImageHrefResolver, Options, Tree, fontdb, roxmltree,
    },
};

use super::{
    Format, PictureError, Size,
    decode::from_io,
    faces::held,
    limits::{LEAST_DRAWING_SIDE, MAX_DRAWING_BYTES, MAX_DRAWING_NODES, MAX_WANTED_SIDE},
    open::{Input, Opened},
    sniff::{self, sniff},
};

/// The face of the program's own texts, of [`FAMILY`].
pub static TEXT_FACE: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");
const FAMILY: &str = "Noto Sans";

/// One that was read and understood.
pub(super) struct Drawing {
    tree: Tree,
    size: Size,
}

impl Drawing {
    pub(super) fn open(input: Box<dyn Input + '_>) -> Result<Self, PictureError> {
        let mut text = within_bounds(input)?;
        if is_packed(&text) {
            text = within_bounds(GzDecoder::new(&*text))?;
        }
        let text = str::from_utf8(&text).map_err(|_| PictureError::Damaged)?;
        let bounds = roxmltree::ParsingOptions {
            // Old programs keep colours and namespaces as entities of the document; their nesting is bounded there.
            allow_dtd: true,
            nodes_limit: MAX_DRAWING_NODES,
            ..roxmltree::ParsingOptions::default()
        };
        let document = roxmltree::Document::parse_with_options(text, bounds).map_err(|error| match error {
            roxmltree::Error::NodesLimitReached => PictureError::TooLarge,
            _ => PictureError::Damaged,
        })?;
        let options = Options {
            font_family: FAMILY.to_owned(),
            fontdb: Arc::clone(faces()),
            font_resolver: FontResolver { select_fallback: with_the_other_face(), ..FontResolver::default() },
            image_href_resolver: ImageHrefResolver {
                resolve_data: pictures_of_sense(),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        let tree = Tree::from_xmltree(&document, &options).map_err(|_| PictureError::Damaged)?;
        let size = size_of(&tree);
        Ok(Self { tree, size })
    }

    /// In pixels. A drawing has none of its own: a small one has the sides of a picture, and a large one those of a screen.
    pub(super) const fn size(&self) -> Size {
        self.size
    }

    pub(super) fn rendered(&self, target: Size) -> Result<DynamicImage, PictureError> {
        let mut pixels = Pixmap::new(target.width, target.height).ok_or(PictureError::TooLarge)?;
        let own = self.tree.size();
        let scale = Transform::from_scale(target.width as f32 / own.width(), target.height as f32 / own.height());
        resvg::render(&self.tree, scale, &mut pixels.as_mut());
        let rgba = RgbaImage::from_raw(target.width, target.height, pixels.take_demultiplied());
        rgba.map(DynamicImage::from).ok_or(PictureError::Damaged)
    }
}

/// Whether it may be a drawing of the kind that is packed as a whole (`.svgz`).
pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b, 8])
}

/// What the first bytes of something packed unpack to, no more than they are themselves.
pub(super) fn unpacked_head(head: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    // It is cut off in its middle: what came before that is what is looked at.
    GzDecoder::new(head).take(head.len() as u64).read_to_end(&mut unpacked).ok();
    unpacked
}

fn within_bounds(bytes: impl Read) -> Result<Vec<u8>, PictureError> {
    let mut all = Vec::new();
    bytes.take(MAX_DRAWING_BYTES + 1).read_to_end(&mut all).map_err(|error| from_io(&error))?;
    if all.len() as u64 > MAX_DRAWING_BYTES { Err(PictureError::TooLarge) } else { Ok(all) }
}

fn size_of(tree: &Tree) -> Size {
    let (width, height) = (tree.size().width(), tree.size().height());
    let longer = width.max(height);
    let scale = longer.clamp(LEAST_DRAWING_SIDE as f32, MAX_WANTED_SIDE as f32) / longer;
    let side = |side: f32| ((side * scale).round() as u32).clamp(1, MAX_WANTED_SIDE);
    Size::new(side(width), side(height))
}

/// The one face, for whatever a drawing asks for.
fn faces() -> &'static Arc<fontdb::Database> {
    static FACES: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    FACES.get_or_init(|| {
        let mut faces = fontdb::Database::new();
        faces.load_font_source(fontdb::Source::Binary(Arc::new(TEXT_FACE)));
        faces.set_serif_family(FAMILY);
        faces.set_sans_serif_family(FAMILY);
        faces.set_monospace_family(FAMILY);
        faces.set_cursive_family(FAMILY);
        faces.set_fantasy_family(FAMILY);
        Arc::new(faces)
    })
}

/// What is drawn inside a drawing: pictures within the bounds of all others. One that says it is larger than any is left
/// out, where usvg 0.49 would panic and take the whole drawing with it.
fn pictures_of_sense() -> ImageHrefDataResolverFn<'static> {
    let known = ImageHrefResolver::default_data_resolver();
    Box::new(move |media_type, bytes, options| {
        let within = match sniff(&bytes[..bytes.len().min(sniff::HEAD)]) {
            Some(format @ (Format::Jpeg | Format::Png | Format::Gif | Format::WebP)) => {
                let length = bytes.len() as u64;
                Opened::open(Box::new(Cursor::new(&bytes[..])), format, length).is_ok()
            }
            // Drawings in drawings, and what will be found to be nothing.
            _ => true,
        };
        if within { known(media_type, bytes, options) } else { None }
    })
}

/// For letters that the one face lacks, the other: read when the first of them comes.
fn with_the_other_face() -> FallbackSelectionFn<'static> {
    let select = FontResolver::default_fallback_selector();
    Box::new(move |letter, used, faces| {
        if faces.len() == 1 {
            let (bytes, index) = held()?;
            let faces = Arc::make_mut(faces);
            for id in faces.load_font_source(fontdb::Source::Binary(bytes)) {
                // The same letters in the forms of other languages.
                if faces.face(id).is_some_and(|face| face.index != index) {
                    faces.remove_face(id);
                }
            }
        }
        select(letter, used, faces)
    })
}
