//! What each stage of a check takes on one thread, by criterion: `make bench`, or one of them by
//! `cargo bench --bench stages -- 4000x3000/decode`.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use lifesign_bench::photo::{self, Coding};
use lifesign_bench::{Outcome, SAMPLE, SIZES, pixels, size_name};
use lifesign_engine::{Calibration, Engine, Evidence, Signal, Subject, quality};
use lifesign_media::{Limits, Photo, decode};

/// The signals that the networks answer; whichever is read first runs them.
const LEARNED: [&str; 2] = ["pad_context", "synthetic_face"];

fn stages(criterion: &mut Criterion) {
    let engine = Engine::embedded(Calibration::embedded()).expect("the embedded models load");
    for size in SIZES {
        let mut group = criterion.benchmark_group(size_name(size));
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        one_size(&mut group, &engine, size).expect("the sample can be judged");
        group.finish();
    }
}

fn one_size(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &Engine,
    size: (u32, u32),
) -> Outcome<()> {
    let sample = pixels(SAMPLE.as_ref())?;
    let jpeg = photo::jpeg(&sample, size, Coding::Baseline)?;
    decoding(group, "decode", &jpeg);
    for (name, coding) in [
        ("decode progressive", Coding::Progressive),
        ("decode on its side", Coding::OnItsSide),
    ] {
        decoding(group, name, &photo::jpeg(&sample, size, coding)?);
    }
    let photo = decode(&jpeg, &Limits::default())?;
    before_signals(group, engine, &photo)?;
    let Subject::Face(evidence) = engine.gather(photo)? else {
        return Err("no face in the sample".into());
    };
    signals(group, engine, &evidence)?;
    wholes(group, engine, &jpeg);
    Ok(())
}

fn decoding(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, jpeg: &[u8]) {
    group.bench_function(name, |bencher| {
        bencher.iter(|| decode(black_box(jpeg), &Limits::default()));
    });
}

/// What gathers the evidence.
fn before_signals(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &Engine,
    photo: &Photo,
) -> Outcome<()> {
    let frame = &photo.frame;
    group.bench_function("detect", |bencher| {
        bencher.iter(|| engine.detect_near(black_box(frame)));
    });
    group.bench_function("detect far", |bencher| {
        bencher.iter(|| engine.detect_far(black_box(frame)));
    });
    let detections = engine.detect_near(frame)?;
    let face = detections.first().ok_or("no face in the sample")?;
    group.bench_function("mesh", |bencher| {
        bencher.iter(|| engine.landmarks(frame, black_box(face)));
    });
    let mesh = engine
        .landmarks(frame, face)?
        .ok_or("no mesh for the sample")?;
    let landmarks = &mesh.landmarks;
    group.bench_function("pose", |bencher| {
        bencher.iter(|| engine.pose(frame, black_box(landmarks)));
    });
    let pose = engine
        .pose(frame, landmarks)
        .ok_or("no pose for the sample")?;
    group.bench_function("cover", |bencher| {
        bencher.iter(|| engine.cover(frame, black_box(landmarks)));
    });
    let cover = engine.cover(frame, landmarks)?;
    group.bench_function("irises", |bencher| {
        bencher.iter(|| engine.irises(frame, black_box(landmarks), &pose, cover.as_ref()));
    });
    group.bench_function("luma", |bencher| bencher.iter(|| black_box(frame).luma()));
    group.bench_function("describe", |bencher| {
        bencher.iter(|| engine.embed(frame, black_box(landmarks)));
    });
    Ok(())
}

/// Each signal and the quality, from the evidence.
fn signals(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &Engine,
    evidence: &Evidence,
) -> Outcome<()> {
    let params = &engine.calibration().signals;
    group.bench_function("quality", |bencher| {
        bencher.iter(|| quality::assess(black_box(evidence), engine.calibration()));
    });
    let is_learned = |signal: &&dyn Signal| LEARNED.contains(&signal.name());
    let learned = engine
        .signals()
        .find(is_learned)
        .ok_or("no learned signal")?;
    group.bench_function("crops, networks, heads", |bencher| {
        // Their answer is kept with the evidence, so each run gets evidence without one.
        let unanswered = || Evidence {
            pad: OnceLock::new(),
            ..evidence.clone()
        };
        let read = |evidence: &mut Evidence| learned.read(evidence, params);
        bencher.iter_batched_ref(unanswered, read, BatchSize::PerIteration);
    });
    for signal in engine.signals().filter(|signal| !is_learned(signal)) {
        group.bench_function(format!("signal {}", signal.name()), |bencher| {
            bencher.iter(|| signal.read(black_box(evidence), params));
        });
    }
    Ok(())
}

/// From bytes to an answer.
fn wholes(group: &mut BenchmarkGroup<'_, WallTime>, engine: &Engine, jpeg: &[u8]) {
    let decoded = |jpeg: &[u8]| decode(jpeg, &Limits::default()).expect("it was decoded before");
    for profile in ["classic", "ensemble"] {
        group.bench_function(format!("check {profile}"), |bencher| {
            bencher.iter(|| engine.check(decoded(black_box(jpeg)), profile));
        });
    }
    group.bench_function("compare", |bencher| {
        bencher.iter(|| {
            let [one, other] = [(), ()].map(|()| {
                let portrait = engine.portrait(decoded(black_box(jpeg)));
                portrait
                    .expect("the models run")
                    .expect("a face")
                    .descriptor
            });
            one.distance(&other)
        });
    });
}

criterion_group!(benches, stages);
criterion_main!(benches);
