//! `schemas DIR`: writes the generated schemas, so that the committed ones can be compared and renewed.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::Schemas;
use crate::config::Config;
use crate::print;

pub(crate) fn run(args: &Schemas) -> anyhow::Result<ExitCode> {
    for (name, text) in
        [("openapi.json", ovr_api::openapi_json()), ("config.schema.json", config_schema_json()?)]
    {
        let path = args.folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        print::out(&format!("wrote {}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration's schema as it is committed.
fn config_schema_json() -> anyhow::Result<String> {
    let text =
        serde_json::to_string_pretty(&Config::schema()).context("writing the configuration's schema")?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_the_generated_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas/config.schema.json");
        let committed = std::fs::read_to_string(path).unwrap();
        assert!(committed == config_schema_json().unwrap(), "run ./dev schemas");
    }
}
