//! Filled shapes of any outline, smooth at their edges at every size.
//!
//! egui fills convex outlines only. These are cut into triangles once (by clipping ears), and painted with an edge half a
//! pixel wide on either side that fades out.

use egui::{Color32, Mesh, Painter, Pos2, Rect, Vec2, pos2, vec2};

/// A closed outline cut into triangles.
#[derive(Clone, Debug)]
pub(in crate::app) struct Shape {
    /// Clockwise on the screen.
    outline: Vec<Pos2>,
    /// Unit normals at the points of the outline, outwards, lengthened at sharp corners.
    normals: Vec<Vec2>,
    /// Three places in the outline each.
    triangles: Vec<[u32; 3]>,
}

/// Scales and moves shapes; mirrors if `scale.x` is negative.
#[derive(Clone, Copy, Debug)]
pub(in crate::app) struct Placed {
    pub origin: Pos2,
    pub scale: Vec2,
}

impl Placed {
    /// A drawing of `size` in its own units into `rect`, centred, in its proportions.
    pub fn fit(size: Vec2, rect: Rect) -> Self {
        let scale = (rect.width() / size.x).min(rect.height() / size.y);
        Self { origin: rect.center() - size * scale / 2.0, scale: Vec2::splat(scale) }
    }

    /// A smaller drawing inside of this one: its corner at `at`, `scale` times as large.
    pub fn within(self, at: Pos2, scale: Vec2) -> Self {
        Self { origin: self.apply(at), scale: self.scale * scale }
    }

    pub fn apply(self, point: Pos2) -> Pos2 {
        self.origin + point.to_vec2() * self.scale
    }

    /// A length; the scales of both directions are equal but for the sign.
    pub fn length(self, length: f32) -> f32 {
        length * self.scale.y.abs()
    }
}

impl Shape {
    /// From SVG path data with the absolute commands M, L, C and Z, one outline that doesn't cross itself. Anything else
    /// ends it there; these are our own, and a test holds that all are whole.
    pub fn from_svg(data: &str) -> Self {
        Self::new(flattened(data))
    }

    pub fn new(mut outline: Vec<Pos2>) -> Self {
        outline.dedup_by(|a, b| a.distance(*b) < 1e-3);
        if outline.len() > 1 && outline.first().zip(outline.last()).is_some_and(|(a, b)| a.distance(*b) < 1e-3) {
            outline.pop();
        }
        if doubled_area(&outline) < 0.0 {
            outline.reverse();
        }
        let normals = normals(&outline);
        let triangles = triangles(&outline);
        Self { outline, normals, triangles }
    }

    pub fn bounds(&self) -> Rect {
        Rect::from_points(&self.outline)
    }

    pub fn paint(&self, painter: &Painter, placed: Placed, color: Color32) {
        let feather = 0.5 / painter.pixels_per_point();
        let mirrored = vec2(placed.scale.x.signum(), placed.scale.y.signum());
        let mut mesh = Mesh::default();
        mesh.reserve_vertices(self.outline.len() * 2);
        mesh.reserve_triangles(self.triangles.len() + self.outline.len() * 2);
        for (point, normal) in self.outline.iter().zip(&self.normals) {
            let (at, out) = (placed.apply(*point), *normal * mirrored * feather);
            mesh.colored_vertex(at - out, color);
            mesh.colored_vertex(at + out, Color32::TRANSPARENT);
        }
        for [a, b, c] in &self.triangles {
            mesh.add_triangle(a * 2, b * 2, c * 2);
        }
        let count = self.outline.len() as u32;
        for at in 0..count {
            let (here, next) = (at * 2, (at + 1) % count * 2);
            mesh.add_triangle(here, next, here + 1);
            mesh.add_triangle(here + 1, next, next + 1);
        }
        painter.add(mesh);
    }
}

fn flattened(data: &str) -> Vec<Pos2> {
    /// Straight pieces of one curve: none is longer than two pixels at the sizes these are drawn.
    const PIECES: u32 = 10;

    let spaced: String = data
        .chars()
        .flat_map(|c| {
            if c.is_ascii_alphabetic() { [' ', c, ' '] } else { [c, ' ', ' '] }
                .into_iter()
                .take(if c.is_ascii_alphabetic() { 3 } else { 1 })
        })
        .collect();
    let mut tokens = spaced.split([' ', ',']).filter(|token| !token.is_empty());
    let mut points: Vec<Pos2> = Vec::new();
    let mut command = "";
    let mut next = tokens.next();
    while let Some(token) = next {
        if token.chars().all(|c| c.is_ascii_alphabetic()) {
            command = token;
            next = tokens.next();
            if command == "Z" {
                break;
            }
            continue;
        }
        let mut number = || -> Option<f32> {
            let value = next?.parse().ok()?;
            next = tokens.next();
            Some(value)
        };
        let mut point = || Some(pos2(number()?, number()?));
        match command {
            "M" | "L" => {
                let Some(to) = point() else { break };
                points.push(to);
            }
            "C" => {
                let (Some(a), Some(b), Some(to), Some(from)) = (point(), point(), point(), points.last().copied())
                else {
                    break;
                };
                points.extend((1..=PIECES).map(|piece| cubic(from, a, b, to, piece as f32 / PIECES as f32)));
            }
            _ => break,
        }
    }
    points
}

/// Where a curve is at `t`, 0 to 1.
pub(super) fn cubic(from: Pos2, a: Pos2, b: Pos2, to: Pos2, t: f32) -> Pos2 {
    let s = 1.0 - t;
    let sum = from.to_vec2() * (s * s * s)
        + a.to_vec2() * (3.0 * s * s * t)
        + b.to_vec2() * (3.0 * s * t * t)
        + to.to_vec2() * (t * t * t);
    sum.to_pos2()
}

/// Positive if clockwise on a screen whose y grows downwards.
fn doubled_area(outline: &[Pos2]) -> f32 {
    let next = outline.iter().cycle().skip(1);
    outline.iter().zip(next).map(|(a, b)| a.x * b.y - b.x * a.y).sum()
}

fn normals(outline: &[Pos2]) -> Vec<Vec2> {
    /// Sharp corners don't reach out further than this.
    const LONGEST: f32 = 3.0;
    let count = outline.len();
    (0..count)
        .map(|at| {
            let (before, here, after) = (outline[(at + count - 1) % count], outline[at], outline[(at + 1) % count]);
            // Clockwise, so outwards is to the left of the way.
            let out = |way: Vec2| vec2(way.y, -way.x).normalized();
            let (a, b) = (out(here - before), out(after - here));
            let middle = (a + b).normalized();
            let cosine = middle.dot(a).max(1.0 / LONGEST);
            middle / cosine
        })
        .collect()
}

/// Cuts off ears until three points are left.
fn triangles(outline: &[Pos2]) -> Vec<[u32; 3]> {
    let mut left: Vec<usize> = (0..outline.len()).collect();
    let mut triangles = Vec::new();
    while left.len() >= 3 {
        let count = left.len();
        let ear = (0..count).find(|at| is_ear(outline, &left, *at));
        // Numerically there may be none among points nearly in line; any will do then.
        let at = ear.unwrap_or(0);
        let (before, here, after) = (left[(at + count - 1) % count], left[at], left[(at + 1) % count]);
        triangles.push([before as u32, here as u32, after as u32]);
        left.remove(at);
    }
    triangles
}

fn is_ear(outline: &[Pos2], left: &[usize], at: usize) -> bool {
    let count = left.len();
    let indices = [left[(at + count - 1) % count], left[at], left[(at + 1) % count]];
    let [a, b, c] = indices.map(|index| outline[index]);
    let turn = |a: Pos2, b: Pos2, c: Pos2| (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    turn(a, b, c) > 0.0
        && left.iter().filter(|index| !indices.contains(index)).all(|index| {
            let p = outline[*index];
            turn(a, b, p) < 0.0 || turn(b, c, p) < 0.0 || turn(c, a, p) < 0.0
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::drawings::birds::ALL;

    fn covered(shape: &Shape) -> f32 {
        let corner = |at: u32| shape.outline[at as usize];
        shape.triangles.iter().map(|[a, b, c]| doubled_area(&[corner(*a), corner(*b), corner(*c)]).abs()).sum()
    }

    #[test]
    fn triangles_cover_each_bird_exactly_once() {
        for bird in ALL {
            for data in [bird.body, bird.wing] {
                let shape = Shape::from_svg(data);
                assert!(shape.outline.len() > 20, "{data}");
                let (area, whole) = (covered(&shape), doubled_area(&shape.outline));
                assert!((area / whole - 1.0).abs() < 1e-3, "{data}: {area} of {whole}");
                assert!(Rect::from_min_max(pos2(0.0, 0.0), pos2(100.0, 100.0)).contains_rect(shape.bounds()), "{data}");
            }
        }
    }

    #[test]
    fn an_arrow_is_no_square() {
        let arrow = Shape::from_svg("M0 0 L10 5 L0 10 L3 5 Z");
        assert_eq!(arrow.triangles.len(), 2);
        assert!((covered(&arrow) - doubled_area(&arrow.outline)).abs() < 1e-4);
    }
}
