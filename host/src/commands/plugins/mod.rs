//! `plugins list|check|test`: what an operator and the author of a plugin ask before cameras do.

mod notation;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use ovr_domain::event::{Correction, Verdict};
use ovr_domain::hook::{FormatReport, Lattice};
use ovr_domain::time::SystemClock;
use ovr_plugins::engine::{Answer, CallError, Engine, Interpretation, Plugin, Settings, World};
use ovr_plugins::registry::rank::{self, Said};
use ovr_plugins::registry::{self, PluginBuild, PluginState, PluginStatus, Plugins, validate_countries};

use crate::app::plugins as app;
use crate::cli::{PluginsCheck, PluginsCommand, PluginsList, PluginsTest};
use crate::config::{Config, plugins_folder};
use crate::print::{self, Refusal};

pub(crate) fn run(config: &Config, command: &PluginsCommand) -> anyhow::Result<ExitCode> {
    match command {
        PluginsCommand::List(args) => list(config, args),
        PluginsCommand::Check(args) => check(args),
        PluginsCommand::Test(args) => test(config, args),
        // `main` runs it before it reads a configuration.
        PluginsCommand::CompileWorker => Ok(ovr_plugins::engine::compile_worker()),
    }
}

/// An engine for one command; what it compiles is kept for the user's next one.
fn engine() -> Result<Engine, Refusal> {
    app::engine(app::compiled_by_user())
}

fn list(config: &Config, args: &PluginsList) -> anyhow::Result<ExitCode> {
    let state = args.state.as_deref().unwrap_or(&config.host.state);
    let folder = plugins_folder(&config.plugins, state);
    let clock = Arc::new(SystemClock::start());
    let plugins = Plugins::open(Arc::new(engine()?), config.plugins.clone(), folder.clone(), clock);
    let statuses = plugins.list();
    if args.json {
        let json = serde_json::json!({ "folder": folder, "plugins": statuses });
        print::out(&serde_json::to_string(&json).context("writing the list")?);
        return Ok(ExitCode::SUCCESS);
    }
    let problem = if folder.is_dir() { "" } else { ", which does not exist" };
    print::out(&format!("{} plugins in {}{problem}", statuses.len(), folder.display()));
    for status in &statuses {
        print::out(&row(status));
    }
    // What is wrong with a plugin stands in its row; with the folder itself, here.
    let of_the_folder = plugins.checks().into_iter().filter(|(name, _)| name == "plugins");
    for problem in of_the_folder.filter_map(|(_, problem)| problem) {
        print::out(&problem);
    }
    Ok(ExitCode::SUCCESS)
}

fn row(status: &PluginStatus) -> String {
    let state = match status.state {
        PluginState::InUse => "ok",
        PluginState::Quarantined => "QUARANTINED",
        PluginState::Refused => "REFUSED",
        PluginState::Disabled => "disabled",
    };
    let mut row = format!("{state:<9} {:<24}", status.name);
    if let Some(build) = &status.build {
        let PluginBuild { version, world, size_bytes, vectors, digest, .. } = build;
        let kib = size_bytes.div_ceil(1024);
        let _ = write!(row, " {version:<8} {world:<13} {vectors:>5} vectors {kib:>6} KiB  {digest}");
    }
    if let Some(problem) = &status.problem {
        let _ = write!(row, " {problem}");
    }
    row.trim_end().to_owned()
}

fn check(args: &PluginsCheck) -> anyhow::Result<ExitCode> {
    let loaded = registry::load(&engine()?, &args.file);
    let (plugin, vectors) = loaded.map_err(|error| Refusal(error.to_string()))?;
    print::out(&format!("ok {}, {vectors} test vectors hold", facts(&plugin)));
    Ok(ExitCode::SUCCESS)
}

fn facts(plugin: &Plugin) -> String {
    let kib = plugin.size_bytes().div_ceil(1024);
    let description = plugin.description();
    let (name, version, world, digest) =
        (plugin.name(), &description.version, plugin.world(), plugin.digest());
    format!("{name} {version}: {world}, {kib} KiB, sha256 {digest}")
}

fn test(config: &Config, args: &PluginsTest) -> anyhow::Result<ExitCode> {
    validate_countries("--countries", &args.countries).map_err(|error| Refusal(error.to_string()))?;
    let reads: Vec<Lattice> =
        args.reads.iter().map(|text| notation::parse(text)).collect::<Result<_, _>>().map_err(Refusal)?;
    let plugin = engine()?.load(&args.file).map_err(|error| Refusal(error.to_string()))?;
    if !reads.is_empty() && plugin.world() != World::PlateFormat {
        let (name, world) = (plugin.name(), plugin.world());
        return Err(Refusal(format!(
            "--read: {name} is a plugin for {world}; only those for plate-format read"
        ))
        .into());
    }
    print::out(&facts(&plugin));
    let tested = plugin.self_test();
    match &tested {
        Ok(vectors) => print::out(&format!("ok {vectors} test vectors hold")),
        Err(error) => print::out(&format!("WRONG {error}")),
    };
    let told = config.plugins.plugins.get(plugin.name());
    let settings = told.map(|told| told.settings.clone()).unwrap_or_default();
    for (text, read) in args.reads.iter().zip(&reads) {
        print::out(&format!("\n{text}"));
        print_read(&plugin, read, &args.countries, &settings);
    }
    Ok(if tested.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn print_read(plugin: &Plugin, read: &Lattice, countries: &[String], settings: &Settings) {
    let answer: Result<Answer, CallError> = plugin.check(read, countries, settings);
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            print::out(&format!("  no answer: {error}"));
            return;
        }
    };
    let interpretations = match &answer {
        Answer::Plates(plates) => plates.clone(),
        Answer::NotMine(_) => Vec::new(),
    };
    let said = Said { plugin: plugin.name().to_owned(), digest: plugin.digest().clone(), answer };
    for line in lines(&rank::report(read, vec![said], Vec::new()), &interpretations) {
        print::out(&format!("  {line}"));
    }
}

/// The verdict, and each interpretation with its share, what it is made of, and its corrections.
fn lines(report: &FormatReport, interpretations: &[Interpretation]) -> Vec<String> {
    let mut lines = vec![match &report.verdict {
        Verdict::Valid => "valid".to_owned(),
        Verdict::Invalid { reason } => format!("invalid: {reason}"),
        Verdict::Unchecked { why } => format!("unchecked: {why}"),
    }];
    for one in &report.formats {
        let region = one.region.as_deref().unwrap_or("-");
        let same = |other: &&Interpretation| {
            (&other.text, &other.country, &other.format_id) == (&one.plate, &one.country, &one.format_id)
        };
        let behind = interpretations.iter().find(same);
        let weights = behind.map_or_else(String::new, |of| {
            format!("  (ln likelihood {:.2}, ln prior {:.2})", of.log_likelihood, of.log_prior)
        });
        lines.push(format!(
            "{:.3}  {:<10} {} {} {} {region}{weights}",
            one.score, one.plate, one.country, one.format_id, one.series
        ));
        let corrections = behind.into_iter().flat_map(|of| &of.corrections);
        lines.extend(corrections.map(|correction| format!("       {}", said(correction))));
    }
    lines
}

fn said(correction: &Correction) -> String {
    let name = |character: Option<char>| character.map_or_else(|| "nothing".to_owned(), String::from);
    let (from, to) = (name(correction.from), name(correction.to));
    format!("character {}: {from} becomes {to} ({})", correction.position + 1, correction.rule)
}

/// Whether this command is the compiler's process, which needs neither configuration nor log.
pub(crate) fn is_compile_worker(command: &crate::cli::Command) -> bool {
    matches!(command, crate::cli::Command::Plugins(PluginsCommand::CompileWorker))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ovr_domain::event::FormatMatch;
    use std::path::Path;

    #[test]
    fn an_interpretation_is_shown_with_its_weights_and_corrections() {
        let correction = Correction {
            position: 1,
            from: Some('0'),
            to: Some('O'),
            rule: "de-standard: district".to_owned(),
        };
        let interpretation = Interpretation {
            text: "BOAB1".to_owned(),
            country: "DE".to_owned(),
            region: Some("Bochum".to_owned()),
            format_id: "de-standard".to_owned(),
            series: "standard",
            log_prior: -17.5,
            log_likelihood: -4.25,
            corrections: vec![correction],
        };
        let report = FormatReport {
            verdict: Verdict::Valid,
            formats: vec![FormatMatch {
                plate: "BOAB1".to_owned(),
                country: "DE".to_owned(),
                region: Some("Bochum".to_owned()),
                format_id: "de-standard".to_owned(),
                series: "standard".to_owned(),
                score: 0.9,
            }],
            ..FormatReport::unchecked("")
        };
        assert_eq!(
            lines(&report, &[interpretation]),
            [
                "valid",
                "0.900  BOAB1      DE de-standard standard Bochum  (ln likelihood -4.25, ln prior -17.50)",
                "       character 2: 0 becomes O (de-standard: district)",
            ]
        );
    }

    #[test]
    fn a_file_that_does_not_exist_is_refused_by_its_name() {
        let refusal =
            registry::load(&app::engine(None).unwrap(), Path::new("/nonexistent/a.wasm")).unwrap_err();
        assert!(refusal.to_string().contains("/nonexistent/a.wasm"), "{refusal}");
    }
}
