//! A batch of spans as one request to the collector.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Uri};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use prost::Message;
use ureq::Agent;
use ureq::config::Config;

use crate::{Settings, TracesError};

/// How long a collector may take for a batch. It is not asked again: what it does not take is counted and gone, so that
/// spans of now do not wait behind those of then.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The collector.
#[derive(Debug)]
pub(crate) struct Collector {
    agent: Agent,
    url: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    service: ResourceAttributesWithSchema,
    /// Whether the last batch was not taken.
    away: AtomicBool,
}

impl Collector {
    pub(crate) fn new(settings: &Settings) -> Result<Self, TracesError> {
        // The headers may hold a key: they go to the collector that was named, by no proxy and no redirect.
        let config = Config::builder()
            .proxy(None)
            .max_redirects(0)
            .user_agent("lifesign")
            .timeout_global(Some(TIMEOUT))
            .build();
        Ok(Self {
            agent: Agent::new_with_config(config),
            url: settings.url()?,
            headers: settings.headers.clone(),
            service: ResourceAttributesWithSchema::default(),
            away: AtomicBool::new(false),
        })
    }

    fn send(&self, batch: Vec<SpanData>) -> Result<(), ureq::Error> {
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.service),
        };
        let mut post = self.agent.post(&self.url);
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        post.header(CONTENT_TYPE, "application/x-protobuf")
            .send(request.encode_to_vec())?;
        Ok(())
    }
}

impl SpanExporter for Collector {
    /// Blocks: the thread of the batches does nothing else.
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        match self.send(batch) {
            Ok(()) => {
                crate::count(crate::SENT, spans);
                if self.away.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes spans again");
                }
                Ok(())
            }
            Err(error) => {
                crate::count(crate::FAILED, spans);
                // Told once; how many are lost is in the metrics.
                if !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(error = %error, "the collector takes no spans: {error}");
                }
                Err(OTelSdkError::InternalFailure(error.to_string()))
            }
        }
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.service = resource.into();
    }
}
