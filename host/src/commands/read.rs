//! `read IMAGE...`: the plates on pictures.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::Quad;
use serde::Serialize;

use crate::app;
use crate::cli::Read;
use crate::config::Config;
use crate::print;

/// One picture's plates.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    image: &'a str,
    width: u32,
    height: u32,
    plates: Vec<Plate>,
}

#[derive(Debug, Serialize)]
struct Plate {
    text: String,
    confidence: f32,
    quad: Quad,
    char_confidences: Vec<f32>,
}

pub(crate) fn run(config: &Config, args: &Read) -> anyhow::Result<ExitCode> {
    let mut reader = app::rooms::still_reader(config)?;
    let mut code = ExitCode::SUCCESS;
    for path in &args.images {
        let image = match print::load_image(path) {
            Ok(image) => Arc::new(image),
            Err(refusal) => {
                // The others are worth reading all the same.
                code = print::refuse(&refusal);
                continue;
            }
        };
        let plates = reader.read_still(&image)?.into_iter().map(|plate| Plate {
            text: plate.text,
            confidence: plate.confidence,
            quad: plate.quad,
            char_confidences: plate.char_confidences,
        });
        let name = path.to_string_lossy();
        let answer =
            Answer { image: &name, width: image.width, height: image.height, plates: plates.collect() };
        let going = if args.json {
            print::out(&serde_json::to_string(&answer).context("writing the answer")?)
        } else {
            print_for_people(&answer)
        };
        if !going {
            break;
        }
    }
    Ok(code)
}

fn print_for_people(answer: &Answer<'_>) -> bool {
    if answer.plates.is_empty() {
        return print::out(&format!("{}: no plate", answer.image));
    }
    answer.plates.iter().all(|plate| {
        let centre = plate.quad.bounds().centre();
        let percent = plate.confidence * 100.0;
        let (x, y) = (centre.x, centre.y);
        print::out(&format!("{}: {:<10} {percent:3.0} %  at {x:.0},{y:.0}", answer.image, plate.text))
    })
}
