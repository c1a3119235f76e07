//! Pictures that show no face: textures, landscapes and drawings.

use lifesign_media::Frame;

use crate::Random;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

type Painter = fn(&mut Random, &mut Picture);

/// The kinds of scene, by name.
pub const SCENES: &[&str] = &[
    "noise", "clouds", "stripes", "bricks", "rings", "hills", "sea", "trees", "houses", "shapes",
    "scribble", "text", "plaid", "bubbles", "leaves",
];

const PAINTERS: &[Painter] = &[
    noise, clouds, stripes, bricks, rings, hills, sea, trees, houses, shapes, scribble, text,
    plaid, bubbles, leaves,
];

/// Picture number `index`: scene `index % SCENES.len()`, each time another variant.
pub fn faceless_scene(index: usize) -> Frame {
    let mut random = Random::new(index as u64);
    let mut picture = Picture::new(random.rgb());
    PAINTERS[index % PAINTERS.len()](&mut random, &mut picture);
    picture.into_frame()
}

struct Picture(Vec<[f64; 3]>);

impl Picture {
    fn new(color: [f64; 3]) -> Self {
        Self(vec![color; WIDTH * HEIGHT])
    }

    fn shade(&mut self, color: impl Fn(f64, f64) -> [f64; 3]) {
        for (i, pixel) in self.0.iter_mut().enumerate() {
            *pixel = color((i % WIDTH) as f64, (i / WIDTH) as f64);
        }
    }

    fn fill(&mut self, color: [f64; 3], inside: impl Fn(f64, f64) -> bool) {
        for (i, pixel) in self.0.iter_mut().enumerate() {
            if inside((i % WIDTH) as f64, (i / WIDTH) as f64) {
                *pixel = color;
            }
        }
    }

    fn ellipse(&mut self, color: [f64; 3], (x, y): (f64, f64), (rx, ry): (f64, f64)) {
        self.fill(color, |px, py| {
            ((px - x) / rx).powi(2) + ((py - y) / ry).powi(2) <= 1.0
        });
    }

    fn rectangle(&mut self, color: [f64; 3], (x, y): (f64, f64), (w, h): (f64, f64)) {
        self.fill(color, |px, py| {
            (x..x + w).contains(&px) && (y..y + h).contains(&py)
        });
    }

    fn into_frame(self) -> Frame {
        let bytes = self
            .0
            .into_iter()
            .flatten()
            .map(|v| v.clamp(0.0, 255.0) as u8)
            .collect();
        Frame::new(WIDTH as u32, HEIGHT as u32, bytes).expect("a fixed size. This is a bug")
    }
}

fn place(random: &mut Random) -> (f64, f64) {
    (
        random.range(0.0, WIDTH as f64),
        random.range(0.0, HEIGHT as f64),
    )
}

fn mix(a: [f64; 3], b: [f64; 3], t: f64) -> [f64; 3] {
    std::array::from_fn(|i| a[i] + (b[i] - a[i]) * t)
}

/// Smooth noise in about [0, 1]: octaves of interpolated lattice values.
fn smooth(seed: u64, x: f64, y: f64, cell: f64) -> f64 {
    let lattice = |x: f64, y: f64| {
        let key = seed ^ ((x as i64 as u64) << 32) ^ (y as i64 as u64).wrapping_mul(0x9E37_79B9);
        Random::new(key).unit()
    };
    (0..4).fold(0.0, |sum, octave| {
        let scale = cell / f64::from(1 << octave);
        let (u, v) = (x / scale, y / scale);
        let (left, top) = (u.floor(), v.floor());
        let ease = |t: f64| t * t * (3.0 - 2.0 * t);
        let (fx, fy) = (ease(u - left), ease(v - top));
        let above = lattice(left, top) * (1.0 - fx) + lattice(left + 1.0, top) * fx;
        let below = lattice(left, top + 1.0) * (1.0 - fx) + lattice(left + 1.0, top + 1.0) * fx;
        sum + (above * (1.0 - fy) + below * fy) / f64::from(2 << octave)
    })
}

fn noise(random: &mut Random, picture: &mut Picture) {
    for pixel in &mut picture.0 {
        *pixel = random.rgb();
    }
}

fn clouds(random: &mut Random, picture: &mut Picture) {
    let (a, b, seed, cell) = (
        random.rgb(),
        random.rgb(),
        random.bits(),
        random.range(15.0, 120.0),
    );
    picture.shade(|x, y| mix(a, b, smooth(seed, x, y, cell)));
}

fn stripes(random: &mut Random, picture: &mut Picture) {
    let (a, b, seed) = (random.rgb(), random.rgb(), random.bits());
    let (angle, period) = (random.range(0.0, 3.0), random.range(4.0, 60.0));
    picture.shade(|x, y| {
        let wobble = smooth(seed, x, y, 80.0) * 20.0;
        let phase = (x * angle.cos() + y * angle.sin() + wobble) / period;
        mix(a, b, phase.sin() * 0.5 + 0.5)
    });
}

fn bricks(random: &mut Random, picture: &mut Picture) {
    let (brick, mortar, seed) = (random.rgb(), random.rgb(), random.bits());
    let (w, h) = (random.range(20.0, 70.0), random.range(8.0, 30.0));
    picture.shade(|x, y| {
        let row = (y / h).floor();
        let along = (x + row % 2.0 * w / 2.0) % w;
        let joint = y % h < 2.0 || along < 2.0;
        if joint {
            mortar
        } else {
            mix(brick, mortar, smooth(seed, x, y, 25.0) * 0.6)
        }
    });
}

fn rings(random: &mut Random, picture: &mut Picture) {
    let (a, b, seed) = (random.rgb(), random.rgb(), random.bits());
    let (cx, cy) = place(random);
    let period = random.range(3.0, 25.0);
    picture.shade(|x, y| {
        let radius = (x - cx).hypot(y - cy) + smooth(seed, x, y, 60.0) * 15.0;
        mix(a, b, (radius / period).sin() * 0.5 + 0.5)
    });
}

fn hills(random: &mut Random, picture: &mut Picture) {
    let (top, bottom) = (random.rgb(), random.rgb());
    picture.shade(|_, y| mix(top, bottom, y / HEIGHT as f64));
    for layer in 1..=4 {
        let (color, seed, cell) = (random.rgb(), random.bits(), random.range(40.0, 160.0));
        let base = 60.0 + f64::from(layer) * 35.0;
        picture.fill(color, |x, y| {
            y > base + smooth(seed, x, 0.0, cell) * 60.0 - 30.0
        });
    }
}

fn sea(random: &mut Random, picture: &mut Picture) {
    let (sky, glow, water, seed) = (random.rgb(), random.rgb(), random.rgb(), random.bits());
    let horizon = random.range(80.0, 160.0);
    picture.shade(|x, y| {
        if y < horizon {
            mix(sky, glow, y / horizon)
        } else {
            mix(water, glow, smooth(seed, x / 4.0, y * 2.0, 12.0))
        }
    });
    let (x, radius) = (random.range(30.0, 290.0), random.range(8.0, 25.0));
    picture.ellipse(random.rgb(), (x, horizon - 40.0), (radius, radius));
}

fn trees(random: &mut Random, picture: &mut Picture) {
    hills(random, picture);
    for _ in 0..8 {
        let (x, y) = (random.range(0.0, 320.0), random.range(120.0, 230.0));
        let size = random.range(15.0, 50.0);
        picture.rectangle([80.0, 55.0, 35.0], (x - 3.0, y - size), (6.0, size));
        for _ in 0..12 {
            let shift = (
                random.range(-size, size) / 2.0,
                random.range(-size, size) / 2.0,
            );
            let green = [
                random.range(20.0, 80.0),
                random.range(80.0, 160.0),
                random.range(20.0, 70.0),
            ];
            picture.ellipse(
                green,
                (x + shift.0, y - size + shift.1),
                (size / 3.0, size / 4.0),
            );
        }
    }
}

fn houses(random: &mut Random, picture: &mut Picture) {
    hills(random, picture);
    for _ in 0..4 {
        let (x, y) = (random.range(0.0, 260.0), random.range(90.0, 170.0));
        let (w, h) = (random.range(40.0, 90.0), random.range(40.0, 80.0));
        let (wall, roof, glass) = (random.rgb(), random.rgb(), random.rgb());
        picture.rectangle(wall, (x, y), (w, h));
        picture.fill(roof, |px, py| {
            py < y && py > y - w / 2.0 + (px - x - w / 2.0).abs()
        });
        for column in 0..3 {
            for row in 0..2 {
                let at = (
                    x + w * (0.1 + f64::from(column) * 0.3),
                    y + h * (0.1 + f64::from(row) * 0.45),
                );
                picture.rectangle(glass, at, (w * 0.18, h * 0.28));
            }
        }
    }
}

fn shapes(random: &mut Random, picture: &mut Picture) {
    for i in 0..25 {
        let (color, at) = (random.rgb(), place(random));
        let size = (random.range(5.0, 60.0), random.range(5.0, 60.0));
        match i % 3 {
            0 => picture.ellipse(color, at, size),
            1 => picture.rectangle(color, at, size),
            _ => picture.fill(color, |x, y| {
                let down = y - at.1;
                (0.0..size.1).contains(&down) && (x - at.0).abs() < down * size.0 / size.1
            }),
        }
    }
}

fn scribble(random: &mut Random, picture: &mut Picture) {
    picture.shade(|_, _| [250.0; 3]);
    let (mut x, mut y) = place(random);
    let mut heading = random.range(0.0, 6.0);
    for _ in 0..6000 {
        heading += random.range(-0.25, 0.25);
        x = (x + heading.cos()).rem_euclid(WIDTH as f64);
        y = (y + heading.sin()).rem_euclid(HEIGHT as f64);
        picture.0[y as usize % HEIGHT * WIDTH + x as usize % WIDTH] = [20.0, 20.0, 60.0];
    }
}

fn text(random: &mut Random, picture: &mut Picture) {
    picture.shade(|_, _| [245.0, 245.0, 240.0]);
    let ink = mix(random.rgb(), [0.0; 3], 0.8);
    let size = random.range(6.0, 16.0);
    let mut y = 10.0;
    while y < HEIGHT as f64 - size {
        let mut x = 10.0;
        while x < WIDTH as f64 - 10.0 - size {
            for _ in 0..random.below(4) {
                let at = (
                    x + random.range(0.0, size * 0.5),
                    y + random.range(0.0, size * 0.7),
                );
                let upright = random.below(2) == 0;
                let stroke = if upright {
                    (1.5, size * 0.5)
                } else {
                    (size * 0.4, 1.5)
                };
                let rows = at.1 as usize..((at.1 + stroke.1) as usize).min(HEIGHT);
                for row in rows {
                    let columns = at.0 as usize..((at.0 + stroke.0) as usize).min(WIDTH);
                    picture.0[row * WIDTH..][columns].fill(ink);
                }
            }
            x += size * 0.7;
        }
        y += size * 1.5;
    }
}

fn plaid(random: &mut Random, picture: &mut Picture) {
    let (a, b, c) = (random.rgb(), random.rgb(), random.rgb());
    let (p, q) = (random.range(6.0, 50.0), random.range(6.0, 50.0));
    picture.shade(|x, y| {
        let across = mix(a, b, ((x / p).sin() > 0.3) as u8 as f64 * 0.6);
        mix(across, c, ((y / q).sin() > 0.3) as u8 as f64 * 0.5)
    });
}

fn bubbles(random: &mut Random, picture: &mut Picture) {
    for _ in 0..60 {
        let (color, at, radius) = (random.rgb(), place(random), random.range(3.0, 30.0));
        picture.ellipse(color, at, (radius, radius));
        let light = (at.0 - radius / 3.0, at.1 - radius / 3.0);
        picture.ellipse([255.0; 3], light, (radius / 5.0, radius / 5.0));
    }
}

fn leaves(random: &mut Random, picture: &mut Picture) {
    for _ in 0..200 {
        let green = [
            random.range(10.0, 90.0),
            random.range(60.0, 190.0),
            random.range(10.0, 80.0),
        ];
        let (at, angle) = (place(random), random.range(0.0, 3.2));
        let (long, short) = (random.range(6.0, 25.0), random.range(2.0, 9.0));
        picture.fill(green, |x, y| {
            let (dx, dy) = (x - at.0, y - at.1);
            let along = dx * angle.cos() + dy * angle.sin();
            let aside = dy * angle.cos() - dx * angle.sin();
            (along / long).powi(2) + (aside / short).powi(2) <= 1.0
        });
    }
}
