pub(crate) fn run(_: &crate::config::Config, _: &crate::cli::Check) -> anyhow::Result<std::process::ExitCode> { unimplemented!() }
