//! The camera over the road: a pinhole, raised, tilted down and turned a little to the right.

use ovr_domain::Point;

use super::warp::Patch;

/// A point of the world in metres: to the right, up, ahead; the camera stands above the origin.
pub(crate) type World = [f32; 3];

/// Width and height of the scene, in pixels.
pub const SIZE: (u32, u32) = (1280, 720);

/// Nothing nearer than this is drawn, in metres.
const NEAR: f32 = 0.4;

/// Metres above the road.
const HEIGHT: f32 = 2.4;
/// Radians downwards.
const TILT: f32 = 0.166;
/// Radians to the right.
const YAW: f32 = 0.062;
/// Focal length in pixels.
const FOCAL: f32 = 1700.0;

/// From the world to the camera's own axes: to the right, up, ahead.
fn turn([x, y, z]: World) -> World {
    let (across, ahead) = (x * YAW.cos() - z * YAW.sin(), x * YAW.sin() + z * YAW.cos());
    let up = y - HEIGHT;
    [across, ahead * TILT.sin() + up * TILT.cos(), ahead * TILT.cos() - up * TILT.sin()]
}

fn onto_picture([across, up, ahead]: World) -> Point {
    Point { x: SIZE.0 as f32 / 2.0 + FOCAL * across / ahead, y: SIZE.1 as f32 / 2.0 - FOCAL * up / ahead }
}

/// Where a point appears, or nothing when it is behind the camera.
pub(crate) fn project(point: World) -> Option<Point> {
    let turned = turn(point);
    (turned[2] > NEAR).then(|| onto_picture(turned))
}

/// Where on the road a point of the picture lies, as right and ahead in metres; nothing above the horizon.
pub(crate) fn onto_road(x: f32, y: f32) -> Option<(f32, f32)> {
    let across = (x - SIZE.0 as f32 / 2.0) / FOCAL;
    let up = -(y - SIZE.1 as f32 / 2.0) / FOCAL;
    let rise = up * TILT.cos() - TILT.sin();
    if rise >= -1e-4 {
        return None;
    }
    let far = HEIGHT / -rise;
    let ahead = (TILT.cos() + up * TILT.sin()) * far;
    let right = across * far;
    Some((right * YAW.cos() + ahead * YAW.sin(), ahead * YAW.cos() - right * YAW.sin()))
}

fn between(a: World, b: World, share: f32) -> World {
    let [x, y, z] = a;
    [x + (b[0] - x) * share, y + (b[1] - y) * share, z + (b[2] - z) * share]
}

/// The part of an edge from depth `a` to depth `b` that lies before the camera.
fn visible(a: f32, b: f32) -> (f32, f32) {
    let crossing = (NEAR - a) / (b - a);
    match (a > NEAR, b > NEAR) {
        (true, false) => (0.0, crossing),
        (false, true) => (crossing, 1.0),
        // An edge wholly behind the camera is cut off by the other pair of edges, or nothing of the face is left.
        _ => (0.0, 1.0),
    }
}

/// Where a face appears, clockwise from its top left corner; cut off where it passes behind the camera.
pub(crate) fn place(face: &[World; 4]) -> Option<Patch> {
    let [a, b, c, d] = face.map(turn);
    let (left_edge, right_edge) = (visible(a[2], d[2]), visible(b[2], c[2]));
    let (top, bottom) = (left_edge.0.max(right_edge.0), left_edge.1.min(right_edge.1));
    let (a, d) = (between(a, d, top), between(a, d, bottom));
    let (b, c) = (between(b, c, top), between(b, c, bottom));
    let (upper, lower) = (visible(a[2], b[2]), visible(d[2], c[2]));
    let (left, right) = (upper.0.max(lower.0), upper.1.min(lower.1));
    let corners = [between(a, b, left), between(a, b, right), between(d, c, right), between(d, c, left)];
    // What was cut lies at NEAR, give or take the rounding.
    if bottom <= top || right <= left || corners.iter().any(|corner| corner[2] < NEAR * 0.99) {
        return None;
    }
    Some(Patch { corners: corners.map(onto_picture), window: [left, top, right, bottom] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_on_the_road_comes_back_from_the_picture() {
        for (right, ahead) in [(0.0, 8.0), (-1.7, 20.0), (3.0, 50.0)] {
            let point = project([right, 0.0, ahead]).unwrap();
            let (x, z) = onto_road(point.x, point.y).unwrap();
            assert!((x - right).abs() < 0.02 && (z - ahead).abs() < 0.1, "{x} {z}");
        }
        assert!(onto_road(640.0, 0.0).is_none());
        assert!(project([0.0, 0.0, -5.0]).is_none());
    }

    #[test]
    fn a_face_that_passes_the_camera_is_cut_and_one_behind_it_is_not_there() {
        let side =
            |near: f32, far: f32| [[-2.0, 1.0, near], [-2.0, 1.0, far], [-2.0, 0.0, far], [-2.0, 0.0, near]];
        let cut = place(&side(-3.0, 5.0)).unwrap();
        assert!(cut.window[0] > 0.3 && cut.window[2] > 0.99, "{:?}", cut.window);
        assert!(cut.corners.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
        let whole = place(&side(2.0, 5.0)).unwrap().window;
        assert!(whole[0] <= 0.0 && whole[1] <= 0.0 && whole[2] >= 1.0 && whole[3] >= 1.0);
        assert!(place(&side(-5.0, -3.0)).is_none());
    }
}
