//! Prints what the quality components measure on photographs, one line of comma-separated values
//! each, for quantiles and fits in any tool:
//!
//!     cargo run -p lifesign-engine --example quality_values -- assets/samples > values.csv
//!
//! Arguments are folders, photographs, or `-` for a list of paths on standard input. Besides the
//! components come the offset of the irises in centimetres; what cannot be measured stays empty.
#![allow(clippy::print_stdout, missing_docs)]

use std::error::Error;
use std::io::BufRead;
use std::path::PathBuf;

use lifesign_engine::quality::gaze::iris_offset_cm;
use lifesign_engine::{Calibration, Engine, Subject, quality};
use lifesign_media::{Limits, decode};

fn main() -> Result<(), Box<dyn Error>> {
    let engine = Engine::embedded(Calibration::embedded())?;
    let names: Vec<&str> = quality::ALL.iter().map(|c| c.name).collect();
    println!("path,{},iris_right_cm,iris_down_cm", names.join(","));
    for path in files(std::env::args_os().skip(1).map(PathBuf::from).collect())? {
        let Ok(photo) = decode(&std::fs::read(&path)?, &Limits::default()) else {
            continue;
        };
        let Subject::Face(evidence) = engine.gather(photo)? else {
            continue;
        };
        let components = quality::assess(&evidence, engine.calibration());
        let measured = names.iter().map(|name| {
            let component = components.iter().find(|c| c.name == *name);
            component.map_or_else(String::new, |c| format!("{:.4}", c.value))
        });
        let offset = iris_offset_cm(&evidence);
        let offset = [0, 1].map(|i| offset.map_or_else(String::new, |o| format!("{:.4}", o[i])));
        let values: Vec<String> = measured.chain(offset).collect();
        println!("{},{}", path.display(), values.join(","));
    }
    Ok(())
}

fn files(paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            let lines = std::io::stdin().lock().lines();
            found.extend(
                lines
                    .collect::<Result<Vec<_>, _>>()?
                    .into_iter()
                    .map(PathBuf::from),
            );
        } else if path.is_dir() {
            let inside = std::fs::read_dir(path)?.map(|entry| entry.map(|e| e.path()));
            found.extend(files(inside.collect::<Result<_, _>>()?)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
