//! What happens before the camera, and what a camera with its detectors makes of it.

use lifesign_domain::PoseDegrees;
use nalgebra::Vector3;

use super::head::CameraState;
use super::{HeadState, PlaneMotion, SIZE, Sway, between, normal};
use crate::{
    BackgroundMoment, ClipFacts, Corner, FaceMoment, Landmarks, LumaGrid, Moment, SkinColours,
    Track, eye_aspect_ratios, mouth_opening,
};

/// What a living person does in a clip; [`Script::random`] makes them up.
#[derive(Clone, Debug)]
pub struct Script {
    /// Of everything random.
    pub seed: u64,
    /// Length of the clip.
    pub seconds: f64,
    /// Frames a second.
    pub fps: f64,
    /// Standard deviations of yaw, pitch and roll in degrees.
    pub sway_deg: [f64; 3],
    /// Standard deviation of the head's place in centimetres.
    pub sway_cm: f64,
    /// Distance from the camera.
    pub distance_cm: f64,
    /// Times at which a blink begins.
    pub blinks_s: Vec<f64>,
    /// Largest opening of the mouth in speech; 0 for silence.
    pub speech_cm: f64,
    /// Standard deviation of the slow play of brows and smile.
    pub mimic: f64,
    /// Beats a minute; 0 for none.
    pub pulse_bpm: f64,
    /// Share by which the colour moves with each beat.
    pub pulse_depth: f64,
    /// Standard deviations of the camera's turn in degrees and of its place in centimetres; 0 for
    /// one on a stand.
    pub shake: [f64; 2],
    /// Standard deviation of the frames' times about an even beat, in seconds.
    pub jitter_s: f64,
}

impl Script {
    /// A person who sits nearly still before a camera on a stand: no blink, no speech, 72 beats.
    pub fn calm(seed: u64, seconds: f64, fps: f64) -> Self {
        Self {
            seed,
            seconds,
            fps,
            sway_deg: [1.0, 0.7, 0.5],
            sway_cm: 0.2,
            distance_cm: 45.0,
            blinks_s: Vec::new(),
            speech_cm: 0.0,
            mimic: 0.0,
            pulse_bpm: 72.0,
            pulse_depth: 0.006,
            shake: [0.0; 2],
            jitter_s: 0.002,
        }
    }

    /// A person of random habits.
    pub fn random(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let r = &mut random;
        let seconds = between(r, 5.0, 10.0);
        let rate = between(r, 0.1, 0.5);
        let mut blinks_s = Vec::new();
        let mut at = -r.f64().max(1e-9).ln() / rate;
        while at < seconds - 0.5 {
            blinks_s.push(at);
            at += 0.5 - r.f64().max(1e-9).ln() / rate;
        }
        Self {
            seconds,
            fps: [15.0, 24.0, 25.0, 30.0][r.usize(0..4)],
            sway_deg: [
                between(r, 1.0, 8.0),
                between(r, 0.7, 4.0),
                between(r, 0.5, 3.0),
            ],
            sway_cm: between(r, 0.3, 1.5),
            distance_cm: between(r, 35.0, 60.0),
            blinks_s,
            speech_cm: if r.bool() { between(r, 0.3, 1.2) } else { 0.0 },
            mimic: between(r, 0.0, 0.4),
            pulse_bpm: between(r, 52.0, 100.0),
            pulse_depth: between(r, 0.002, 0.008),
            shake: if r.f64() < 0.6 {
                [between(r, 0.2, 1.2), between(r, 0.2, 1.0)]
            } else {
                [0.0; 2]
            },
            jitter_s: between(r, 0.001, 0.005),
            ..Self::calm(seed, seconds, 30.0)
        }
    }

    /// Plays the script.
    pub fn play(&self) -> Take {
        let random = &mut fastrand::Rng::with_seed(self.seed ^ 0x5EED);
        let [yaw, pitch, roll] = self.sway_deg.map(|d| Sway::new(random, d));
        let place = [(); 3].map(|()| Sway::new(random, self.sway_cm));
        let mimic = [(); 2].map(|()| Sway::new(random, self.mimic));
        let turn = [(); 3].map(|()| Sway::new(random, self.shake[0]));
        let moved = [(); 3].map(|()| Sway::new(random, self.shake[1]));
        let syllables = between(random, 2.5, 4.5);
        let background = wall(random);
        let shots = (0..(self.seconds * self.fps) as usize).map(|i| {
            let even = i as f64 / self.fps;
            let at_s = (even + self.jitter_s.min(0.2 / self.fps) * normal(random))
                .max(even - 0.4 / self.fps);
            let head = HeadState {
                yaw_deg: yaw.at(at_s),
                pitch_deg: pitch.at(at_s),
                roll_deg: roll.at(at_s),
                right_cm: place[0].at(at_s),
                up_cm: place[1].at(at_s),
                distance_cm: self.distance_cm + place[2].at(at_s),
                eyes_closed: self
                    .blinks_s
                    .iter()
                    .map(|b| lid(at_s - b))
                    .fold(0.0, f64::max),
                mouth_open_cm: self.speech_cm * speech(at_s, syllables),
                smile: mimic[0].at(at_s).abs(),
                brows_raised: mimic[1].at(at_s).abs(),
            };
            let camera = CameraState {
                turn_deg: turn.each_ref().map(|s| s.at(at_s)),
                moved_cm: moved.each_ref().map(|s| s.at(at_s)),
            };
            let beat = (std::f64::consts::TAU * self.pulse_bpm / 60.0 * at_s).sin();
            Shot {
                at_s,
                landmarks: head.seen_by(&camera),
                pose: PoseDegrees {
                    yaw: head.yaw_deg,
                    pitch: head.pitch_deg,
                    roll: head.roll_deg,
                },
                background: background.iter().map(|p| camera.project(*p).0).collect(),
                beat: if self.pulse_bpm > 0.0 {
                    self.pulse_depth * beat
                } else {
                    0.0
                },
            }
        });
        Take {
            seed: self.seed,
            shots: shots.collect(),
        }
    }
}

/// Points of a room's wall and of what stands before it, to the sides of the person.
fn wall(random: &mut fastrand::Rng) -> Vec<Vector3<f64>> {
    (0..60)
        .map(|i| {
            let depth = between(random, 140.0, 230.0);
            let side = if i % 2 == 0 { 1.0 } else { -1.0 };
            let across = side * between(random, 0.2, 0.42) * depth;
            Vector3::new(across, between(random, -0.5, 0.55) * depth, -depth)
        })
        .collect()
}

/// How far the lids are closed after the start of a blink: 70 ms down, 30 ms shut, 150 ms up.
fn lid(after_s: f64) -> f64 {
    if after_s <= 0.0 || after_s >= 0.25 {
        0.0
    } else if after_s < 0.07 {
        after_s / 0.07
    } else if after_s < 0.10 {
        1.0
    } else {
        (0.25 - after_s) / 0.15
    }
}

/// Opening of a talking mouth in [0, 1]: syllables in phrases.
fn speech(at_s: f64, syllables_hz: f64) -> f64 {
    let wave = |hertz: f64| 0.5 + 0.5 * (std::f64::consts::TAU * hertz * at_s).sin();
    wave(syllables_hz) * wave(syllables_hz * 0.61) * wave(0.37).sqrt()
}

/// The scene at one time, without the errors of any camera.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Seconds.
    pub at_s: f64,
    /// The mesh.
    pub landmarks: Landmarks,
    /// Rotation that a pose estimator would find.
    pub pose: PoseDegrees,
    /// Points of the background in pixels.
    pub background: Vec<[f64; 2]>,
    /// By how much the blood has changed the colour of the skin.
    pub beat: f64,
}

/// A scene over time.
#[derive(Clone, Debug)]
pub struct Take {
    /// Of what is random in the recording.
    pub seed: u64,
    /// In order.
    pub shots: Vec<Shot>,
}

impl Take {
    /// The same scene shown on a flat thing, a screen for instance, that a hand holds.
    pub fn on_plane(&self, hand: &PlaneMotion) -> Self {
        let shots = self.shots.iter().map(|shot| {
            let plane = hand.at(shot.at_s);
            Shot {
                landmarks: plane.of_landmarks(&shot.landmarks),
                background: shot.background.iter().map(|p| plane.of_point(*p)).collect(),
                ..shot.clone()
            }
        });
        Self {
            seed: self.seed,
            shots: shots.collect(),
        }
    }

    /// One moment of the scene, printed: nothing moves and no blood flows.
    pub fn printed(&self, shot: usize) -> Self {
        let Some(still) = self.shots.get(shot) else {
            return self.clone();
        };
        let shots = self.shots.iter().map(|shot| Shot {
            at_s: shot.at_s,
            beat: 0.0,
            ..still.clone()
        });
        Self {
            seed: self.seed,
            shots: shots.collect(),
        }
    }

    /// The same with the background of another scene: a face cut out and held before it.
    pub fn before(&self, other: &Self) -> Self {
        let shots = self
            .shots
            .iter()
            .zip(&other.shots)
            .map(|(shot, behind)| Shot {
                background: behind.background.clone(),
                ..shot.clone()
            });
        Self {
            seed: self.seed,
            shots: shots.collect(),
        }
    }

    /// What a camera, a mesh network and a tracker of corners make of it.
    pub fn record(&self) -> Track {
        let random = &mut fastrand::Rng::with_seed(self.seed ^ 0x0CAE_2A00);
        let mut camera = Camera::new(random);
        let mut before: Option<&Shot> = None;
        let moments = self.shots.iter().map(|shot| {
            let moment = camera.moment(shot, before, random);
            before = Some(shot);
            moment
        });
        let moments: Vec<Moment> = moments.collect();
        let facts = ClipFacts {
            encoders: vec!["Recorder 1.0".to_owned()],
            make: Some("Maker".to_owned()),
            model: Some("Telephone".to_owned()),
            frame_times_s: moments.iter().map(|m| m.at_s).collect(),
            ..ClipFacts::default()
        };
        Track::new(SIZE, facts, moments)
    }
}

const GRID: [usize; 2] = [12, 16];
/// Jitter of a vertex over the distance between the eyes, about what the mesh network has.
const VERTEX_NOISE: f64 = 0.004;
/// The part of it that neighbouring vertices share, at the edge of the face.
const SHAPE_NOISE: f64 = 0.003;
/// How much of the shared part stays from frame to frame.
const SHAPE_MEMORY: f64 = 0.6;
const CORNER_NOISE_PX: f64 = 0.08;

struct Camera {
    shape: [f64; 12],
    grid: Vec<f64>,
    light: Sway,
    phash: u64,
}

impl Camera {
    fn new(random: &mut fastrand::Rng) -> Self {
        Self {
            shape: [0.0; 12],
            grid: (0..GRID[0] * GRID[1])
                .map(|_| between(random, 60.0, 180.0))
                .collect(),
            light: Sway::new(random, 0.008),
            phash: random.u64(..),
        }
    }

    fn moment(&mut self, shot: &Shot, before: Option<&Shot>, random: &mut fastrand::Rng) -> Moment {
        let light = 1.0 + self.light.at(shot.at_s);
        let landmarks = self.mesh(&shot.landmarks, random);
        let mut colour = |region: f64| {
            let gleam = 0.12 * shot.pose.yaw * region;
            let base = [[182.0, 0.33], [134.0, 0.77], [112.0, 0.53]];
            base.map(|[mean, blood]: [f64; 2]| {
                mean * light * (1.0 + blood * shot.beat) + gleam + 0.12 * normal(random)
            })
        };
        let skin = SkinColours {
            forehead: Some(colour(0.3)),
            left_cheek: Some(colour(1.0)),
            right_cheek: Some(colour(-1.0)),
        };
        let face = FaceMoment {
            eye_aspect_ratios: eye_aspect_ratios(&landmarks),
            mouth_opening: mouth_opening(&landmarks),
            landmarks,
            pose: shot.pose,
            skin,
            sharpness: Some(100.0),
            presence: 0.99,
            descriptor: None,
        };
        let grid = self
            .grid
            .iter()
            .map(|mean| (mean * light + 0.25 * normal(random)) as f32);
        let grid = LumaGrid::new(GRID[0], grid.collect());
        self.phash ^= 1 << random.u32(0..64);
        Moment {
            at_s: shot.at_s,
            frame_digest: random.u64(..),
            phash: self.phash,
            thumbnail: None,
            face_count: Some(1),
            face: Some(face),
            background: BackgroundMoment {
                corners: before.map_or_else(Vec::new, |before| corners(before, shot, random)),
                grid,
            },
        }
    }

    fn mesh(&mut self, truth: &Landmarks, random: &mut fastrand::Rng) -> Landmarks {
        let unit = crate::inter_eye_distance_px(truth);
        let [mx, my] = crate::geometry::rigid_middle(truth);
        let fresh = (1.0 - SHAPE_MEMORY * SHAPE_MEMORY).sqrt();
        for term in &mut self.shape {
            *term = SHAPE_MEMORY * *term + fresh * SHAPE_NOISE * normal(random);
        }
        let shape = &self.shape;
        truth.map(|_, [x, y, z]| {
            let (u, v) = ((f64::from(x) - mx) / unit, (f64::from(y) - my) / unit);
            let terms = [1.0, u, v, u * u, u * v, v * v];
            let field = |from: usize| {
                terms
                    .iter()
                    .zip(&shape[from..])
                    .map(|(t, s)| t * s)
                    .sum::<f64>()
            };
            let mut jitter = || VERTEX_NOISE * normal(random);
            let (dx, dy, dz) = (field(0) + jitter(), field(6) + jitter(), 2.0 * jitter());
            [
                (f64::from(x) + dx * unit) as f32,
                (f64::from(y) + dy * unit) as f32,
                (f64::from(z) + dz * unit) as f32,
            ]
        })
    }
}

fn corners(before: &Shot, now: &Shot, random: &mut fastrand::Rng) -> Vec<Corner> {
    let pairs = before.background.iter().zip(&now.background);
    pairs
        .filter(|(from, _)| {
            let [width, height] = SIZE.map(f64::from);
            (0.0..width).contains(&from[0]) && (0.0..height).contains(&from[1])
        })
        .map(|(from, to)| Corner {
            x: from[0],
            y: from[1],
            dx: to[0] - from[0] + CORNER_NOISE_PX * normal(random),
            dy: to[1] - from[1] + CORNER_NOISE_PX * normal(random),
        })
        .collect()
}
