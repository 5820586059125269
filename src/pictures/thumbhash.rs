//! Tiny blurs of pictures: encoder and decoder of the public ThumbHash format, bounded.
//!
//! A hash is a handful of cosine coefficients of brightness (L), two colour differences (P: yellow against blue, Q: red
//! against green) and alpha (A), quantised to four bits each: 5 to 25 bytes, from which a soft picture of at most
//! 32 × 32 pixels is made. Strangers send them, so the decoder takes any bytes and does a bounded amount of work.
//!
//! ```text
//! bytes 0..3  bits 0-5 L average · 6-11 P average · 12-17 Q average · 18-22 L scale · 23 has alpha
//! bytes 3..5  bits 0-2 coefficients of L along the shorter side · 3-8 P scale · 9-14 Q scale · 15 lies (wider than high)
//! byte  5     only with alpha: bits 0-3 A average · 4-7 A scale
//! then        four bits for each coefficient of L, P, Q, A, low half first
//! ```

use std::f32::consts::PI;

use super::Size;
use crate::protocol::limits::MAX_THUMBHASH;

/// The encoder looks at no more than this on a side.
pub const MAX_ENCODED_SIDE: u32 = 100;

/// The decoder's result is no larger than this on a side.
pub const MAX_DECODED_SIDE: u32 = 32;

const HEADER: usize = 5;

/// Pixels on a side that the most cosines (seven) need.
const FEWEST: u32 = 7;

/// The hash of a picture given as RGBA (four bytes a pixel, alpha not multiplied in), at most [`MAX_ENCODED_SIDE`] on a
/// side. `None` if sizes and bytes don't fit together.
pub fn encode(size: Size, rgba: &[u8]) -> Option<Vec<u8>> {
    let Size { width, height } = size;
    let sides = 1..=MAX_ENCODED_SIDE;
    let (pixels, rest) = rgba.as_chunks::<4>();
    let fits = sides.contains(&width)
        && sides.contains(&height)
        && rest.is_empty()
        && pixels.len() == width as usize * height as usize;
    if !fits {
        return None;
    }
    let shorter = width.min(height);
    if shorter < FEWEST {
        // With fewer pixels than cosines the coefficients would contradict each other.
        let times = FEWEST.div_ceil(shorter);
        let larger: Vec<[u8; 4]> = (0..height * times)
            .flat_map(|y| (0..width * times).map(move |x| ((y / times) * width + x / times) as usize))
            .map(|at| pixels[at])
            .collect();
        return Some(hash_of(Size::new(width * times, height * times), &larger));
    }
    Some(hash_of(size, pixels))
}

fn hash_of(size: Size, pixels: &[[u8; 4]]) -> Vec<u8> {
    let (average, has_alpha) = average_of(pixels);
    let (along_width, along_height) = brightness_terms(size, has_alpha);

    let channels = Channels::of(pixels, average);
    let l = Terms::of(&channels.l, size, along_width.max(3), along_height.max(3));
    let p = Terms::of(&channels.p, size, 3, 3);
    let q = Terms::of(&channels.q, size, 3, 3);
    let a = has_alpha.then(|| Terms::of(&channels.a, size, 5, 5));

    let lies = size.width > size.height;
    let head = bits(l.average, 63.0)
        | bits(0.5 + 0.5 * p.average, 63.0) << 6
        | bits(0.5 + 0.5 * q.average, 63.0) << 12
        | bits(l.scale, 31.0) << 18
        | u32::from(has_alpha) << 23;
    let tail = (if lies { along_height } else { along_width }) as u32
        | bits(p.scale, 63.0) << 3
        | bits(q.scale, 63.0) << 9
        | u32::from(lies) << 15;

    let mut hash = Vec::with_capacity(25);
    hash.extend_from_slice(&head.to_le_bytes()[..3]);
    hash.extend_from_slice(&tail.to_le_bytes()[..2]);
    if let Some(a) = &a {
        hash.push((bits(a.average, 15.0) | bits(a.scale, 15.0) << 4) as u8);
    }
    let mut nibbles = [&l, &p, &q].into_iter().chain(&a).flat_map(|terms| &terms.varying).map(|f| bits(*f, 15.0) as u8);
    while let Some(low) = nibbles.next() {
        hash.push(low | nibbles.next().unwrap_or(0) << 4);
    }
    hash
}

/// The blur: its size and RGBA (alpha not multiplied in). `None` if these bytes are no ThumbHash: too short for what
/// their head says, or longer than [`MAX_THUMBHASH`].
pub fn decode(hash: &[u8]) -> Option<(Size, Vec<u8>)> {
    let head = Head::read(hash)?;
    let mut nibbles = Nibbles { bytes: hash.get(head.length()..)?, next: 0 };
    let l = nibbles.terms(head.along_width, head.along_height, head.l_scale)?;
    // Quantising takes colour away; a quarter more brings it back.
    let p = nibbles.terms(3, 3, head.p_scale * 1.25)?;
    let q = nibbles.terms(3, 3, head.q_scale * 1.25)?;
    let a = if head.has_alpha { nibbles.terms(5, 5, head.a_scale)? } else { Vec::new() };

    let size = head.decoded_size();
    let mut rgba = Vec::with_capacity(size.width as usize * size.height as usize * 4);
    let across = Waves::new(size.width);
    let down = Waves::new(size.height);
    for y in 0..size.height as usize {
        for x in 0..size.width as usize {
            let value = |average: f32, terms: &[f32], nx: usize, ny: usize| {
                average
                    + pairs(nx, ny)
                        .skip(1)
                        .zip(terms)
                        .map(|((cx, cy), term)| 2.0 * term * across.at(cx, x) * down.at(cy, y))
                        .sum::<f32>()
            };
            let l = value(head.l_average, &l, head.along_width, head.along_height);
            let p = value(head.p_average, &p, 3, 3);
            let q = value(head.q_average, &q, 3, 3);
            let a = value(head.a_average, &a, 5, 5);
            let blue = l - 2.0 / 3.0 * p;
            let red = (3.0 * l - blue + q) / 2.0;
            let green = red - q;
            rgba.extend([red, green, blue, a].map(|channel| (channel.clamp(0.0, 1.0) * 255.0) as u8));
        }
    }
    Some((size, rgba))
}

/// Roughly width divided by height of the picture the hash was made from, from 1/7 to 7. `None` if it is too short or
/// too long for a hash.
pub fn approximate_aspect(hash: &[u8]) -> Option<f32> {
    Some(Head::read(hash)?.aspect())
}

/// Terms of brightness along width and height: more along the longer side, fewer in all if there is alpha to keep.
fn brightness_terms(size: Size, has_alpha: bool) -> (usize, usize) {
    let most = if has_alpha { 5.0 } else { 7.0 };
    let longer = size.width.max(size.height) as f32;
    let terms = |side: u32| ((most * side as f32 / longer).round() as usize).max(1);
    (terms(size.width), terms(size.height))
}

/// `value` of 0 to 1 as an integer of 0 to `most`.
fn bits(value: f32, most: f32) -> u32 {
    (value.clamp(0.0, 1.0) * most).round() as u32
}

/// The pairs of frequencies that are kept: the triangle of low ones, the constant first.
fn pairs(nx: usize, ny: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..ny).flat_map(move |cy| (0..nx).take_while(move |cx| cx * ny < nx * (ny - cy)).map(move |cx| (cx, cy)))
}

/// The average colour of what is visible, and whether anything is not.
fn average_of(pixels: &[[u8; 4]]) -> ([f32; 3], bool) {
    let mut sum = [0.0; 3];
    let mut alphas = 0.0;
    for &[r, g, b, a] in pixels {
        let alpha = f32::from(a) / 255.0;
        for (sum, channel) in sum.iter_mut().zip([r, g, b]) {
            *sum += alpha / 255.0 * f32::from(channel);
        }
        alphas += alpha;
    }
    if alphas > 0.0 {
        sum = sum.map(|sum| sum / alphas);
    }
    (sum, pixels.iter().any(|pixel| pixel[3] != 255))
}

struct Channels {
    l: Vec<f32>,
    p: Vec<f32>,
    q: Vec<f32>,
    a: Vec<f32>,
}

impl Channels {
    /// Laid over the average colour, so that invisible pixels cost nothing.
    fn of(pixels: &[[u8; 4]], average: [f32; 3]) -> Self {
        let with_room = || Vec::with_capacity(pixels.len());
        let mut channels = Self { l: with_room(), p: with_room(), q: with_room(), a: with_room() };
        for &[r, g, b, a] in pixels {
            let alpha = f32::from(a) / 255.0;
            let over = |channel: u8, average: f32| average * (1.0 - alpha) + alpha / 255.0 * f32::from(channel);
            let (r, g, b) = (over(r, average[0]), over(g, average[1]), over(b, average[2]));
            channels.l.push((r + g + b) / 3.0);
            channels.p.push((r + g) / 2.0 - b);
            channels.q.push(r - g);
            channels.a.push(alpha);
        }
        channels
    }
}

/// One channel as cosines.
struct Terms {
    average: f32,
    /// The largest of the others.
    scale: f32,
    /// 0 to 1, where 0.5 is none.
    varying: Vec<f32>,
}

impl Terms {
    fn of(channel: &[f32], size: Size, nx: usize, ny: usize) -> Self {
        let (width, height) = (size.width as usize, size.height as usize);
        let across = Waves::new(size.width);
        let down = Waves::new(size.height);
        let mut terms = pairs(nx, ny).map(|(cx, cy)| {
            let mut sum = 0.0;
            // In the order of the published program, so that hashes are equal to the bit.
            for y in 0..height {
                for x in 0..width {
                    sum += channel[y * width + x] * across.at(cx, x) * down.at(cy, y);
                }
            }
            sum / (width * height) as f32
        });
        let average = terms.next().unwrap_or(0.0);
        let mut varying: Vec<f32> = terms.collect();
        let scale = varying.iter().fold(0.0_f32, |most, term| most.max(term.abs()));
        if scale > 0.0 {
            for term in &mut varying {
                *term = 0.5 + 0.5 / scale * *term;
            }
        }
        Self { average, scale, varying }
    }
}

/// Cosines along one side, for up to [`Waves::MOST`] frequencies.
struct Waves {
    length: usize,
    values: Vec<f32>,
}

impl Waves {
    const MOST: usize = 7;

    fn new(length: u32) -> Self {
        let length = length as usize;
        let values = (0..Self::MOST)
            .flat_map(|c| (0..length).map(move |i| (PI / length as f32 * c as f32 * (i as f32 + 0.5)).cos()))
            .collect();
        Self { length, values }
    }

    fn at(&self, frequency: usize, place: usize) -> f32 {
        self.values[frequency * self.length + place]
    }
}

/// The constant part of a hash.
struct Head {
    l_average: f32,
    p_average: f32,
    q_average: f32,
    a_average: f32,
    l_scale: f32,
    p_scale: f32,
    q_scale: f32,
    a_scale: f32,
    has_alpha: bool,
    lies: bool,
    /// Of the shorter side, as written: 0 to 7.
    shorter: usize,
    along_width: usize,
    along_height: usize,
}

impl Head {
    fn read(hash: &[u8]) -> Option<Self> {
        if hash.len() > MAX_THUMBHASH {
            return None;
        }
        let &[b0, b1, b2, b3, b4] = hash.first_chunk::<HEADER>()?;
        let head = u32::from_le_bytes([b0, b1, b2, 0]);
        let tail = u32::from_le_bytes([b3, b4, 0, 0]);
        let part = |bits: u32, shift: u32, most: u32| ((bits >> shift) & most) as f32;
        let has_alpha = head >> 23 != 0;
        let (a_average, a_scale) = if has_alpha {
            let alpha = u32::from(*hash.get(HEADER)?);
            (part(alpha, 0, 15) / 15.0, part(alpha, 4, 15) / 15.0)
        } else {
            (1.0, 1.0)
        };
        let lies = tail >> 15 != 0;
        let longer = if has_alpha { 5 } else { 7 };
        let shorter = (tail & 7) as usize;
        let (along_width, along_height) = if lies { (longer, shorter) } else { (shorter, longer) };
        Some(Self {
            l_average: part(head, 0, 63) / 63.0,
            p_average: part(head, 6, 63) / 31.5 - 1.0,
            q_average: part(head, 12, 63) / 31.5 - 1.0,
            a_average,
            l_scale: part(head, 18, 31) / 31.0,
            p_scale: part(tail, 3, 63) / 63.0,
            q_scale: part(tail, 9, 63) / 63.0,
            a_scale,
            has_alpha,
            lies,
            shorter,
            along_width: along_width.max(3),
            along_height: along_height.max(3),
        })
    }

    fn length(&self) -> usize {
        HEADER + usize::from(self.has_alpha)
    }

    fn aspect(&self) -> f32 {
        let longer = if self.has_alpha { 5.0 } else { 7.0 };
        let ratio = longer / self.shorter.max(1) as f32;
        if self.lies { ratio } else { 1.0 / ratio }
    }

    fn decoded_size(&self) -> Size {
        let (most, aspect) = (MAX_DECODED_SIDE as f32, self.aspect());
        let side = |side: f32| (side.round() as u32).clamp(1, MAX_DECODED_SIDE);
        if aspect > 1.0 {
            Size::new(MAX_DECODED_SIDE, side(most / aspect))
        } else {
            Size::new(side(most * aspect), MAX_DECODED_SIDE)
        }
    }
}

/// Reads four bits at a time.
struct Nibbles<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Nibbles<'_> {
    /// The varying terms of a channel; `None` at the end of the bytes.
    fn terms(&mut self, nx: usize, ny: usize, scale: f32) -> Option<Vec<f32>> {
        pairs(nx, ny)
            .skip(1)
            .map(|_| {
                let byte = *self.bytes.get(self.next / 2)?;
                let nibble = if self.next.is_multiple_of(2) { byte & 15 } else { byte >> 4 };
                self.next += 1;
                Some((f32::from(nibble) / 7.5 - 1.0) * scale)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
