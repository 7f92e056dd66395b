//! The metrics of the process, as Prometheus reads them.

use std::fmt;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::Error;

/// Upper bounds of every `_seconds` histogram. The lower half resolves a stage of a frame (tracking takes tens of
/// microseconds), the upper half a wait for the store.
const SECONDS: [f64; 16] =
    [0.000_05, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0];

/// Renders the metrics of this process.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

fn builder() -> Result<PrometheusBuilder, Error> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .map_err(|error| Error::Metrics { reason: error.to_string() })
}

impl Metrics {
    /// Makes this the recorder of the whole process and describes every metric to it. Works once in a process.
    pub fn install() -> Result<Self, Error> {
        let handle =
            builder()?.install_recorder().map_err(|error| Error::Metrics { reason: error.to_string() })?;
        ovr_domain::metric::describe();
        Ok(Self { handle })
    }

    /// A recorder that nothing writes to, for tests and tools that serve the API without a pipeline.
    pub fn detached() -> Result<Self, Error> {
        Ok(Self { handle: builder()?.build_recorder().handle() })
    }

    /// Text in the Prometheus exposition format.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds the samples that histograms have collected into their buckets. Without it they would pile up for as
    /// long as nobody scrapes; the server calls it every few seconds.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ovr_domain::metric;

    use super::*;

    #[test]
    fn what_the_program_counts_is_rendered_and_a_second_recorder_is_refused() {
        let metrics = Metrics::install().expect("the first recorder of this process");
        metric::http(200);
        metric::stage("read", Duration::from_millis(3));
        metrics.upkeep();
        let text = metrics.render();
        for line in [
            "ovr_http_requests_total{outcome=\"200\"} 1",
            "# HELP ovr_http_requests_total API requests by outcome (status code)",
            "ovr_stage_seconds_bucket{stage=\"read\",le=\"0.002\"} 0",
            "ovr_stage_seconds_bucket{stage=\"read\",le=\"0.005\"} 1",
        ] {
            assert!(text.contains(line), "{line} is missing in {text}");
        }
        assert!(Metrics::install().is_err());
    }
}
