//! `bench plugins DIR...`: what plate-format plugins change, on the very same reads.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use ovr_domain::hook::{FormatCheck, NoPlugins};
use ovr_plugins::registry::{PluginStatus, Plugins};
use serde::Serialize;

use super::reads::{Group, Miss, ROW_PLATES_MIN, Tally, each_picture, set_name, texts};
use crate::app::plugins;
use crate::cli::BenchPlugins;
use crate::config::{Config, plugins_folder};
use crate::print::{self, Refusal};

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
    let formats = packs(config, args.plugins.as_deref())?;
    let mut all = Vec::new();
    for folder in &args.folders {
        let mut compared = Compared::default();
        each_picture(config, folder, |row, plates| {
            for plate in row.plates.iter().filter(|plate| plate.counts()) {
                let count = |tally: &mut Tally, formats: &dyn FormatCheck, hint: &[String]| {
                    tally.count(&row.image, plate, &texts(plates, formats, hint))
                };
                let without = count(&mut compared.without, &NoPlugins, &[]);
                let with = count(&mut compared.with, &formats, &[]);
                let hinted = count(&mut compared.hinted, &formats, &plate.hint());
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
        let percent = |exact: usize| 100.0 * exact as f64 / row.plates.max(1) as f64;
        let [without, with, hinted] = [row.without, row.with, row.hinted].map(percent);
        let Row { set, plates, .. } = row;
        print::out(&format!("| {set} | {plates} | {without:.1} % | {with:.1} % | {hinted:.1} % |"));
    }
    Ok(ExitCode::SUCCESS)
}

/// The plugins that the table is about: at least one, and none that could not be used, or the table would be about others
/// than whoever reads it believes.
fn packs(config: &Config, named: Option<&Path>) -> Result<Plugins, Refusal> {
    let folder = named.map_or_else(|| plugins_folder(&config.plugins, &config.host.state), Path::to_owned);
    let packs = plugins::look(config, folder.clone())?;
    if let Some(problem) = packs.checks().into_iter().find_map(|(_, problem)| problem) {
        return Err(Refusal(problem));
    }
    let is_pack = |status: &PluginStatus| status.build.as_ref().is_some_and(|b| b.world == "plate-format");
    if !packs.list().iter().any(is_pack) {
        let folder = folder.display();
        return Err(Refusal(format!(
            "there is no plate-format plugin in {folder}: expected one *.wasm at least; ./dev plugins builds them"
        )));
    }
    Ok(packs)
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
    /// One row for a set of one region; of several, one for all, one for each that is large enough to say something, and one
    /// for the rest.
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
        let groups = &self.without.groups;
        if groups.len() < 2 {
            return vec![row(set.to_owned(), &|tally| tally.all)];
        }
        let is_large = |name: &str| groups.get(name).is_some_and(|group| group.plates >= ROW_PLATES_MIN);
        let mut rows: Vec<Row> = vec![row(format!("{set} all"), &|tally| tally.all)];
        for name in groups.keys().filter(|name| is_large(name)) {
            rows.push(row(format!("{set} {name}"), &|tally| tally.sum_of(|other| other == name)));
        }
        let others = row(format!("{set} others"), &|tally| tally.sum_of(|name| !is_large(name)));
        rows.extend(Some(others).filter(|others| others.plates > 0));
        rows
    }
}
