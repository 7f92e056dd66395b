//! `bench plugins DIR...`: what plate-format plugins change, on the very same reads.

use std::process::ExitCode;

use anyhow::Context as _;
use ovr_domain::hook::{FormatCheck, NoPlugins};
use serde::Serialize;

use super::reads::{Group, Miss, Tally, each_picture, set_name, texts};
use crate::app::plugins;
use crate::cli::BenchPlugins;
use crate::config::Config;
use crate::print;

/// Most regions of a set that get a row each.
const GROUPS_SHOWN_MAX: usize = 4;

/// Exact plates of one set, or of one region of it.
#[derive(Serialize)]
struct Row {
    set: String,
    plates: usize,
    without: usize,
    with: usize,
    hinted: usize,
}

/// One set, counted three times.
#[derive(Default)]
struct Compared {
    without: Tally,
    with: Tally,
    hinted: Tally,
}

pub(super) fn run(config: &Config, args: &BenchPlugins) -> anyhow::Result<ExitCode> {
    let formats = plugins::format_check(config, args.plugins.as_deref())?;
    let mut all = Vec::new();
    for folder in &args.folders {
        let mut compared = Compared::default();
        each_picture(config, folder, |row, plates| {
            for plate in row.plates.iter().filter(|plate| plate.counts()) {
                let count = |tally: &mut Tally, formats: &dyn FormatCheck, hint: &[String]| {
                    tally.count(&row.image, plate, &texts(plates, formats, hint))
                };
                let without = count(&mut compared.without, &NoPlugins, &[]);
                let with = count(&mut compared.with, formats.as_ref(), &[]);
                let hinted = count(&mut compared.hinted, formats.as_ref(), &plate.hint());
                if args.changes {
                    print_change("no hint", without.as_ref(), with.as_ref());
                    print_change("hint", without.as_ref(), hinted.as_ref());
                }
            }
        })?;
        all.push((set_name(folder), compared));
    }
    let rows: Vec<Row> = all.iter().flat_map(|(set, compared)| compared.rows(set)).collect();
    if args.json {
        for row in &rows {
            print::out(&serde_json::to_string(row).context("writing the table")?);
        }
        return Ok(ExitCode::SUCCESS);
    }
    print::out("| set | plates | without plugins | with, no hint | with hint |");
    print::out("|---|---:|---:|---:|---:|");
    for row in &rows {
        let percent = |exact: usize| Group { plates: row.plates, exact }.percent();
        let [without, with, hinted] = [row.without, row.with, row.hinted].map(percent);
        let Row { set, plates, .. } = row;
        print::out(&format!("| {set} | {plates} | {without:.1} % | {with:.1} % | {hinted:.1} % |"));
    }
    Ok(ExitCode::SUCCESS)
}

/// A plate that was right without plugins or with them, but not both.
fn print_change(hint: &str, without: Option<&Miss>, with: Option<&Miss>) {
    let text = |miss: &Miss| miss.read.clone().unwrap_or_else(|| "(not found)".to_owned());
    match (without, with) {
        (None, Some(miss)) => {
            print::out(&format!(
                "worse   {hint:<8} {:<10} became {:<12} {}",
                miss.truth,
                text(miss),
                miss.image
            ));
        }
        (Some(miss), None) => {
            print::out(&format!(
                "better  {hint:<8} {:<10} was {:<12} {}",
                miss.truth,
                text(miss),
                miss.image
            ));
        }
        _ => {}
    }
}

impl Compared {
    /// One row for each of a few regions, or one for a set of many.
    fn rows(&self, set: &str) -> Vec<Row> {
        let row = |set: String, of: &dyn Fn(&Tally) -> Group| {
            let [without, with, hinted] = [&self.without, &self.with, &self.hinted].map(of);
            Row {
                set,
                plates: without.plates,
                without: without.exact,
                with: with.exact,
                hinted: hinted.exact,
            }
        };
        let groups: Vec<&String> = self.without.groups.keys().collect();
        if !(2..=GROUPS_SHOWN_MAX).contains(&groups.len()) {
            return vec![row(set.to_owned(), &Tally::all)];
        }
        let of_group = |name: &String| row(format!("{set} {name}"), &|tally| tally.group(name));
        groups.into_iter().map(of_group).collect()
    }
}
