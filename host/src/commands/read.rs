//! `read IMAGE...`: the plates on pictures.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::Quad;
use ovr_domain::event::{Correction, FormatMatch, PluginFailure, Verdict};
use ovr_domain::hook::FormatCheck;
use ovr_domain::read::Position;
use ovr_vision::read::StillPlate;
use serde::Serialize;

use crate::app::{self, plugins};
use crate::cli::Read;
use crate::config::Config;
use crate::print;

/// One picture's plates.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    image: &'a str,
    width: u32,
    height: u32,
    plates: Vec<Found>,
}

#[derive(Debug, Serialize)]
struct Found {
    /// As it was read.
    text: String,
    confidence: f32,
    quad: Quad,
    char_confidences: Vec<f32>,
    /// What may stand at each position: what a plate-format plugin decides on.
    positions: Vec<Position>,
    /// The plate after the formats' rules; nothing when none knows it.
    plate: Option<String>,
    corrections: Vec<Correction>,
    verdict: Verdict,
    formats: Vec<FormatMatch>,
    plugin_failures: Vec<PluginFailure>,
}

impl Found {
    fn new(plate: StillPlate, formats: &dyn FormatCheck, countries: &[String]) -> Self {
        let report = formats.check(&plugins::lattice_of(&plate), countries);
        Self {
            text: plate.text,
            confidence: plate.confidence,
            quad: plate.quad,
            char_confidences: plate.char_confidences,
            positions: plate.positions,
            plate: report.plate,
            corrections: report.corrections,
            verdict: report.verdict,
            formats: report.formats,
            plugin_failures: report.failures,
        }
    }

    /// What the formats say, in a few words.
    fn format(&self) -> String {
        match (&self.verdict, self.formats.first()) {
            (Verdict::Valid, Some(best)) => {
                let region = best.region.as_ref().map(|region| format!(", {region}")).unwrap_or_default();
                format!("  {}{region} ({})", best.country, best.format_id)
            }
            (Verdict::Invalid { .. }, _) => "  no known format".to_owned(),
            _ => String::new(),
        }
    }
}

pub(crate) fn run(config: &Config, args: &Read) -> anyhow::Result<ExitCode> {
    let formats = plugins::format_check(config, args.formats.plugins.as_deref())?;
    let countries = plugins::countries(config, args.formats.countries.as_deref())?;
    let mut reader = app::rooms::still_reader(config)?;
    let (mut code, mut read) = (ExitCode::SUCCESS, 0_usize);
    for path in &args.images {
        let image = match print::load_image(path) {
            Ok(image) => Arc::new(image),
            Err(refusal) => {
                // The others are worth reading all the same.
                code = print::refuse(&refusal);
                continue;
            }
        };
        read += 1;
        let plates = reader.read_still(&image)?.into_iter();
        let plates = plates.map(|plate| Found::new(plate, formats.as_ref(), &countries));
        let name = path.to_string_lossy();
        let answer =
            Answer { image: &name, width: image.width, height: image.height, plates: plates.collect() };
        let going = if args.json {
            print::out(&serde_json::to_string(&answer).context("writing the answer")?)
        } else {
            print_for_people(&answer)
        };
        if !going {
            return Ok(code);
        }
    }
    let all = args.images.len();
    if read > 0 && read < all {
        let (were, not) = (if read == 1 { "was" } else { "were" }, all - read);
        print::note(&format!("{read} of {all} pictures {were} read; {not} could not be, as said above"));
        code = ExitCode::from(1);
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
        let (text, format) = (plate.plate.as_ref().unwrap_or(&plate.text), plate.format());
        print::out(&format!("{}: {text:<10} {percent:3.0} %  at {x:.0},{y:.0}{format}", answer.image))
    })
}
