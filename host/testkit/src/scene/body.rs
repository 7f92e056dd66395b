//! Bodies of vehicles: a few textured faces each. The origin lies on the road under the middle of the end that
//! carries the plate; x to the right as one looks at that end, y up, z along the vehicle, all in metres.

use super::camera::World;
use super::canvas::{Canvas, Colour, Paint, shaded};
use super::warp::Texture;

/// What kind of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A car that shows its front.
    CarFront,
    /// A car that shows its back.
    CarBack,
    /// A truck that shows its front.
    TruckFront,
    /// A motorcycle with its rider, from behind.
    MotorcycleBack,
}

/// One face: corners clockwise from the texture's top left as seen from outside.
pub(crate) struct Face {
    pub(crate) corners: [World; 4],
    pub(crate) texture: Texture,
}

/// Faces in the order in which they are drawn, and where the plate's middle is.
pub(crate) struct Body {
    pub(crate) faces: Vec<Face>,
    /// Height of the plate's middle above the road.
    pub(crate) plate_height: f32,
    /// Width and length on the road, for the shadow.
    pub(crate) foot: [f32; 2],
}

const TYRE: Colour = [20, 20, 22];
const GLASS: Colour = [34, 42, 50];
const DARK: Colour = [26, 27, 30];
const LAMP: Colour = [238, 240, 232];
const RED: Colour = [176, 22, 26];
const STEEL: Colour = [150, 152, 156];

impl Body {
    pub(crate) fn new(shape: Shape, colour: Colour) -> Self {
        match shape {
            Shape::CarFront => car(colour, true),
            Shape::CarBack => car(colour, false),
            Shape::TruckFront => truck(colour),
            Shape::MotorcycleBack => motorcycle(colour),
        }
    }
}

/// A face that looks at the viewer: left, right, bottom, top, and how far back its bottom and top edges lie.
fn facing([left, right]: [f32; 2], [bottom, top]: [f32; 2], [z_bottom, z_top]: [f32; 2]) -> [World; 4] {
    [[left, top, z_top], [right, top, z_top], [right, bottom, z_bottom], [left, bottom, z_bottom]]
}

/// The two sides between z of the lower edge and z of the upper edge; `half` is half the width below and above.
fn sides(half: [f32; 2], [bottom, top]: [f32; 2], low: [f32; 2], high: [f32; 2]) -> [[World; 4]; 2] {
    let left = [
        [-half[1], top, high[1]],
        [-half[1], top, high[0]],
        [-half[0], bottom, low[0]],
        [-half[0], bottom, low[1]],
    ];
    let right = [
        [half[1], top, high[0]],
        [half[1], top, high[1]],
        [half[0], bottom, low[1]],
        [half[0], bottom, low[0]],
    ];
    [left, right]
}

fn panel(top: Colour, bottom: Colour) -> Texture {
    let mut canvas = Canvas::new(1.0, 1.0, 64.0);
    canvas.rect([-0.1, -0.1, 1.1, 1.1], 0.0, Paint::fade(top, bottom));
    Texture::new(&canvas)
}

/// A pane with a rim in the body's colour and the sky mirrored in its upper part.
fn pane(body: Colour, rim: f32) -> Texture {
    let mut canvas = Canvas::new(1.0, 1.0, 160.0);
    canvas.rect([-0.1, -0.1, 1.1, 1.1], 0.0, Paint::flat(shaded(body, 0.8)));
    canvas.rect([rim, 0.06, 1.0 - rim, 0.97], 0.03, Paint::fade([104, 120, 134], GLASS));
    canvas
        .polygon(&[[0.25, 0.1], [0.45, 0.1], [0.3, 0.95], [0.1, 0.95]], Paint::clear([220, 228, 236], 0.12));
    Texture::new(&canvas)
}

/// The side of a car: `length` by `height` metres, wheels at the given distances; mirrored for the other side.
fn flank(colour: Colour, [length, height]: [f32; 2], wheels: [f32; 2], radius: f32) -> Texture {
    let mut canvas = Canvas::new(length, height, 150.0);
    let lower = height - 0.24;
    canvas.rect([0.0, 0.0, length, lower], 0.06, Paint::fade(shaded(colour, 0.9), shaded(colour, 0.5)));
    canvas.rect([0.0, lower - 0.08, length, lower], 0.02, Paint::flat(shaded(colour, 0.35)));
    for door in [0.36, 0.58, 0.8] {
        let x = length * door;
        canvas.rect([x, 0.02, x + 0.012, lower - 0.1], 0.0, Paint::clear(DARK, 0.6));
    }
    for wheel in wheels {
        let y = height - radius;
        canvas.ellipse(
            [wheel - radius * 1.15, y - radius * 1.15, wheel + radius * 1.15, y + radius],
            Paint::flat(DARK),
        );
        canvas.ellipse([wheel - radius, y - radius, wheel + radius, y + radius], Paint::flat(TYRE));
        let rim = radius * 0.62;
        canvas.ellipse([wheel - rim, y - rim, wheel + rim, y + rim], Paint::fade(STEEL, [90, 92, 96]));
        canvas.ellipse([wheel - 0.05, y - 0.05, wheel + 0.05, y + 0.05], Paint::flat(DARK));
    }
    Texture::new(&canvas)
}

/// What both ends of a car share: tyres, the dark gap below, the body's skin.
fn end_of_car(colour: Colour, width: f32, height: f32) -> Canvas {
    let mut canvas = Canvas::new(width, height, 320.0);
    for x in [0.08, width - 0.28] {
        canvas.rect([x, height - 0.36, x + 0.2, height], 0.03, Paint::flat(TYRE));
    }
    canvas.rect([0.2, height - 0.3, width - 0.2, height - 0.1], 0.02, Paint::flat([16, 16, 18]));
    let skin = Paint::fade(shaded(colour, 1.05), shaded(colour, 0.62));
    canvas.rect([0.0, 0.0, width, height - 0.2], 0.1, skin);
    canvas
}

fn car_front(colour: Colour, width: f32, height: f32) -> Texture {
    let mut canvas = end_of_car(colour, width, height);
    let mid = width / 2.0;
    canvas.rect([mid - 0.42, 0.09, mid + 0.42, 0.25], 0.05, Paint::fade(DARK, [46, 48, 52]));
    for bar in [0.13, 0.17, 0.21] {
        canvas.rect([mid - 0.38, bar - 0.006, mid + 0.38, bar + 0.006], 0.0, Paint::flat([110, 112, 116]));
    }
    canvas.ellipse([mid - 0.06, 0.11, mid + 0.06, 0.23], Paint::flat([190, 192, 196]));
    for x in [0.08, width - 0.38] {
        canvas.rect([x, 0.08, x + 0.3, 0.25], 0.07, Paint::flat([70, 74, 80]));
        canvas.ellipse([x + 0.07, 0.095, x + 0.21, 0.235], Paint::fade([255, 255, 255], LAMP));
    }
    canvas.rect([0.02, 0.36, width - 0.02, 0.375], 0.0, Paint::clear(DARK, 0.5));
    canvas.rect([0.3, 0.56, width - 0.3, 0.66], 0.04, Paint::flat(DARK));
    for x in [0.12, width - 0.26] {
        canvas.ellipse([x, 0.52, x + 0.14, 0.62], Paint::flat([160, 160, 150]));
    }
    Texture::new(&canvas)
}

fn car_back(colour: Colour, width: f32, height: f32) -> Texture {
    let mut canvas = end_of_car(colour, width, height);
    for x in [0.05, width - 0.27] {
        canvas.rect([x, 0.06, x + 0.22, 0.34], 0.05, Paint::fade(RED, [120, 12, 16]));
        canvas.rect([x + 0.04, 0.22, x + 0.18, 0.27], 0.02, Paint::flat([230, 200, 190]));
    }
    canvas.rect([0.3, 0.02, width - 0.3, 0.03], 0.0, Paint::clear(DARK, 0.5));
    canvas.rect([0.02, 0.5, width - 0.02, 0.52], 0.0, Paint::clear(DARK, 0.55));
    for x in [0.1, width - 0.3] {
        canvas.rect([x, 0.57, x + 0.2, 0.61], 0.01, Paint::flat([150, 20, 24]));
    }
    canvas.rect([0.3, 0.08, width - 0.3, 0.1], 0.01, Paint::flat([200, 202, 204]));
    Texture::new(&canvas)
}

fn car(colour: Colour, front: bool) -> Body {
    let (width, length, waist) = (1.64, 3.95, 0.9);
    let half = width / 2.0;
    // Where the glass begins and ends along the car, at the waist and at the roof.
    let (low, high) = if front { ([1.0, 3.7], [1.65, 3.2]) } else { ([0.12, 2.9], [0.6, 2.2]) };
    let (glass_bottom, roof, top_half) = (0.96, 1.42, half * 0.8);
    let end = if front { car_front(colour, width, waist) } else { car_back(colour, width, waist) };
    let flanks = sides([half, half], [0.0, waist], [0.0, length], [0.0, length]);
    let panes = sides([half * 0.97, top_half], [waist, roof], low, high);
    let mut faces: Vec<Face> = Vec::new();
    for corners in flanks {
        let texture = flank(shaded(colour, 0.85), [length, waist], [0.75, length - 0.75], 0.3);
        faces.push(Face { corners, texture });
    }
    let lid = facing([-half, half], [waist - 0.02, glass_bottom], [0.02, low[0]]);
    faces.push(Face { corners: lid, texture: panel(shaded(colour, 1.12), shaded(colour, 1.02)) });
    faces.push(Face { corners: facing([-half, half], [0.0, waist], [0.0, 0.0]), texture: end });
    for corners in panes {
        faces.push(Face { corners, texture: pane(colour, 0.08) });
    }
    let screen = [
        [-top_half, roof, high[0]],
        [top_half, roof, high[0]],
        [half * 0.95, glass_bottom - 0.03, low[0]],
        [-half * 0.95, glass_bottom - 0.03, low[0]],
    ];
    faces.push(Face {
        corners: facing([-top_half, top_half], [roof, roof], [high[0], high[1]]),
        texture: panel(shaded(colour, 1.1), shaded(colour, 1.18)),
    });
    faces.push(Face { corners: screen, texture: pane(colour, 0.05) });
    Body { faces, plate_height: if front { 0.38 } else { 0.62 }, foot: [width, length] }
}

fn truck_front(colour: Colour, width: f32, height: f32) -> Texture {
    let mut canvas = Canvas::new(width, height, 240.0);
    for x in [0.08, width - 0.4] {
        canvas.rect([x, height - 0.5, x + 0.32, height], 0.04, Paint::flat(TYRE));
    }
    canvas.rect([0.3, height - 0.45, width - 0.3, height - 0.2], 0.02, Paint::flat([16, 16, 18]));
    let skin = Paint::fade(shaded(colour, 1.08), shaded(colour, 0.7));
    canvas.rect([0.0, 0.0, width, height - 0.3], 0.1, skin);
    canvas.rect([0.12, 0.34, width - 0.12, 1.12], 0.08, Paint::fade([110, 126, 140], GLASS));
    canvas.polygon(&[[0.7, 0.36], [1.0, 0.36], [0.8, 1.1], [0.5, 1.1]], Paint::clear([220, 228, 236], 0.1));
    canvas.rect([0.1, 1.1, width - 0.1, 1.14], 0.01, Paint::flat(DARK));
    for bar in 0_u8..5 {
        let y = 1.26 + f32::from(bar) * 0.11;
        canvas.rect([0.45, y, width - 0.45, y + 0.06], 0.02, Paint::flat([44, 46, 50]));
    }
    for x in [0.1, width - 0.44] {
        canvas.rect([x, 1.98, x + 0.34, 2.2], 0.05, Paint::flat([60, 64, 70]));
        canvas.ellipse([x + 0.08, 2.0, x + 0.26, 2.18], Paint::fade([255, 255, 255], LAMP));
    }
    canvas.rect([0.0, 1.88, width, 1.9], 0.0, Paint::clear(DARK, 0.5));
    for x in [0.25, width / 2.0 - 0.08, width - 0.41] {
        canvas.rect([x, 0.1, x + 0.16, 0.16], 0.02, Paint::flat([230, 150, 40]));
    }
    Texture::new(&canvas)
}

fn truck(colour: Colour) -> Body {
    let (width, length, cab, box_top) = (2.2, 7.2, 2.6, 3.0);
    let half = width / 2.0;
    let cargo = [206, 208, 204];
    let mut faces: Vec<Face> = Vec::new();
    let front_of_box = facing([-half, half], [1.0, box_top], [1.7, 1.7]);
    faces.push(Face { corners: front_of_box, texture: panel(shaded(cargo, 0.9), shaded(cargo, 0.7)) });
    for corners in sides([half, half], [0.55, box_top], [1.75, length], [1.75, length]) {
        faces.push(Face { corners, texture: panel(shaded(cargo, 0.85), shaded(cargo, 0.7)) });
    }
    for corners in sides([half, half], [0.0, 0.95], [1.0, length], [1.0, length]) {
        faces.push(Face {
            corners,
            texture: flank([60, 62, 66], [length - 1.0, 0.95], [0.6, length - 1.8], 0.45),
        });
    }
    for corners in sides([half, half], [0.3, cab], [0.0, 1.7], [0.0, 1.7]) {
        faces.push(Face { corners, texture: panel(shaded(colour, 0.85), shaded(colour, 0.6)) });
    }
    faces.push(Face {
        corners: facing([-half, half], [cab, cab], [0.0, 1.7]),
        texture: panel(shaded(colour, 1.1), shaded(colour, 1.15)),
    });
    faces.push(Face {
        corners: facing([-half, half], [0.0, cab], [0.0, 0.0]),
        texture: truck_front(colour, width, cab),
    });
    Body { faces, plate_height: 0.42, foot: [width, length] }
}

fn motorcycle(colour: Colour) -> Body {
    let (width, height) = (0.9, 1.72);
    let mut canvas = Canvas::new(width, height, 300.0);
    let mid = width / 2.0;
    canvas.rect([mid - 0.09, 1.05, mid + 0.09, height], 0.07, Paint::fade([34, 34, 36], TYRE));
    canvas.rect([mid + 0.12, 1.24, mid + 0.2, 1.5], 0.03, Paint::fade(STEEL, [80, 80, 84]));
    for (a, b) in [([0.0, 0.72], [0.12, 0.78]), ([width - 0.12, 0.72], [width, 0.78])] {
        canvas.rect([a[0], a[1], b[0], b[1]], 0.02, Paint::flat(DARK));
    }
    // Legs, jacket, arms, helmet.
    for x in [mid - 0.28, mid + 0.12] {
        canvas.rect([x, 0.85, x + 0.16, 1.4], 0.07, Paint::fade([40, 46, 66], [24, 26, 34]));
    }
    canvas.polygon(
        &[[mid - 0.24, 0.36], [mid + 0.24, 0.36], [mid + 0.2, 0.98], [mid - 0.2, 0.98]],
        Paint::fade([58, 54, 52], [34, 32, 32]),
    );
    for x in [mid - 0.36, mid + 0.24] {
        canvas.rect([x, 0.4, x + 0.12, 0.82], 0.05, Paint::fade([54, 50, 48], [36, 34, 34]));
    }
    canvas.rect([mid - 0.2, 0.52, mid + 0.2, 0.57], 0.01, Paint::flat([200, 205, 90]));
    canvas.ellipse(
        [mid - 0.14, 0.02, mid + 0.14, 0.34],
        Paint::fade(shaded(colour, 1.15), shaded(colour, 0.6)),
    );
    canvas.rect([mid - 0.2, 0.93, mid + 0.2, 1.06], 0.06, Paint::fade(colour, shaded(colour, 0.6)));
    canvas.rect([mid - 0.1, 1.0, mid + 0.1, 1.06], 0.02, Paint::flat(RED));
    canvas.rect([mid - 0.17, 1.06, mid + 0.17, 1.36], 0.02, Paint::flat(DARK));
    let half = width / 2.0;
    Body {
        faces: vec![Face {
            corners: facing([-half, half], [0.0, height], [0.0, 0.0]),
            texture: Texture::new(&canvas),
        }],
        plate_height: height - 1.215,
        foot: [0.5, 1.9],
    }
}
