pub(super) fn run(_: &crate::config::Config, _: &crate::cli::BenchPipeline) -> anyhow::Result<std::process::ExitCode> { unimplemented!() }
