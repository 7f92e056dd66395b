//! What each route answers. Nothing here knows salvo: a call goes in, an answer or a problem comes out.

use std::sync::Arc;
use std::time::Duration;

use ovr_domain::camera::Snapshot;
use ovr_domain::event::EvidenceRef;
use ovr_domain::port::{EventStore, EvidenceStore};
use ovr_domain::query::{EventPage, EventQuery};
use ovr_domain::time::Clock;
use ovr_domain::{Digest, EventId, EvidenceId, PlateEvent, Timestamp};
use serde::Serialize;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::cameras::{Cameras, camera_of};
use crate::credentials::{Principal, Role};
use crate::live::{self, Live, LiveStream};
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::query::StillQuery;
use crate::readiness::{self, Ready};
use crate::routes::Operation;
use crate::{cursor, openapi, query};

/// Pictures read at a time; each is held in memory whole.
const PICTURES_AT_A_TIME: usize = 16;
/// Questions to the store at a time; more wait, within the deadline of their request.
const QUESTIONS_AT_A_TIME: usize = 32;
/// How long a browser may show a picture again without asking, so that a revoked token loses it soon.
const PICTURE_CACHE_MAX: Duration = Duration::from_mins(5);

/// A request whose sender is known and may ask.
#[derive(Debug)]
pub(crate) struct Call {
    /// Nobody on the open routes.
    pub(crate) principal: Option<Principal>,
    /// The query string as it was sent.
    pub(crate) query: String,
    /// What stands in the path for `{id}`, decoded; empty where the route has none.
    pub(crate) id: String,
}

/// A good answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) content_type: &'static str,
    pub(crate) cache_control: String,
    /// When the one picture that it is was taken, where nothing else tells.
    pub(crate) captured_at: Option<Timestamp>,
    pub(crate) body: Body,
}

/// What an answer consists of.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it.
    Whole(Vec<u8>),
    /// What comes until the stream ends.
    Live(LiveStream),
}

#[derive(Serialize)]
struct Page<'a> {
    events: &'a [PlateEvent],
    next_cursor: Option<String>,
}

impl Answer {
    /// Written from the types themselves: by way of a JSON tree 0.9 as `f32` would become 0.8999999761581421.
    fn json(value: &impl Serialize) -> Result<Self, Problem> {
        let text = serde_json::to_string(value);
        let text = text.map_err(|error| Problem::internal(format!("writing an answer: {error}")))?;
        Ok(Self::text("application/json", text))
    }

    fn text(content_type: &'static str, text: String) -> Self {
        Self::unkept(content_type, Body::Whole(text.into_bytes()))
    }

    /// What nobody may keep.
    fn unkept(content_type: &'static str, body: Body) -> Self {
        Self { content_type, cache_control: "no-store".to_owned(), captured_at: None, body }
    }
}

/// Where pictures come from.
pub(crate) struct Pictures {
    pub(crate) evidence: Arc<dyn EvidenceStore>,
    pub(crate) cameras: Arc<Cameras>,
    pub(crate) live: Arc<Live>,
}

/// What the answers are made from.
pub(crate) struct Desk {
    store: Arc<dyn EventStore>,
    evidence: Arc<dyn EvidenceStore>,
    cameras: Arc<Cameras>,
    live: Arc<Live>,
    metrics: Metrics,
    ready: Ready,
    clock: Arc<dyn Clock>,
    questions: Semaphore,
    pictures: Arc<Semaphore>,
}

impl Desk {
    pub(crate) fn new(
        store: Arc<dyn EventStore>,
        sources: Pictures,
        metrics: Metrics,
        ready: Ready,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let questions = Semaphore::new(QUESTIONS_AT_A_TIME);
        let pictures = Arc::new(Semaphore::new(PICTURES_AT_A_TIME));
        let Pictures { evidence, cameras, live } = sources;
        Self { store, evidence, cameras, live, metrics, ready, clock, questions, pictures }
    }

    pub(crate) async fn answer(&self, operation: Operation, call: &Call) -> Result<Answer, Problem> {
        if !operation.takes_parameters() {
            query::take_none(&call.query)?;
        }
        match operation {
            Operation::SearchEvents => self.search_events(call).await,
            Operation::GetEvent => self.get_event(call).await,
            Operation::GetEvidence => self.get_evidence(call).await,
            Operation::ListCameras => Answer::json(&self.cameras.list(known(call)?)),
            Operation::GetSnapshot => self.get_snapshot(call).await,
            Operation::WatchCamera => self.watch_camera(call).await,
            Operation::Health => Answer::json(&json!({ "alive": true })),
            Operation::Ready => self.ready(call).await,
            Operation::Metrics => {
                Ok(Answer::text("text/plain; version=0.0.4; charset=utf-8", self.metrics.render()))
            }
            Operation::OpenApi => Ok(Answer::text("application/json", openapi::openapi_json())),
        }
    }

    async fn search_events(&self, call: &Call) -> Result<Answer, Problem> {
        let principal = known(call)?;
        let page = match restricted(query::parse(&call.query)?, principal) {
            Some(asked) => {
                let _place = self.place().await?;
                self.store.search(&asked).await?
            }
            None => EventPage::default(),
        };
        let next_cursor = page.next.map(cursor::encode);
        Answer::json(&Page { events: &page.events, next_cursor })
    }

    async fn get_event(&self, call: &Call) -> Result<Answer, Problem> {
        let principal = known(call)?;
        let id = EventId(uuid_of(&call.id)?);
        let _place = self.place().await?;
        let found = self.store.get(id).await?.filter(|event| principal.may_see(&event.camera_id));
        let event = found.ok_or_else(|| Problem::not_found("there is no event of this id"))?;
        Answer::json(&event)
    }

    async fn get_evidence(&self, call: &Call) -> Result<Answer, Problem> {
        let principal = known(call)?;
        let id = EvidenceId(uuid_of(&call.id)?);
        let place = self.place().await?;
        let owner = self.store.evidence_owner(id).await?;
        let owner = owner.filter(|(_, camera, _)| principal.may_see(camera));
        let (event_id, ..) = owner.ok_or_else(|| Problem::not_found("there is no picture of this id"))?;
        let event = self.store.get(event_id).await?;
        drop(place);
        let reference = event.and_then(|event| event.evidence.into_iter().find(|kept| kept.id == id));
        let now = self.clock.now();
        let mut cache = PICTURE_CACHE_MAX;
        if let Some(kept) = &reference {
            if kept.expires_at <= now {
                return Err(Problem::gone("this picture was kept as long as it may be"));
            }
            cache = cache.min(kept.expires_at.since(now));
        }
        let body = self.picture(id, reference).await?;
        let cache_control = format!("private, max-age={}", cache.as_secs());
        Ok(Answer { cache_control, ..Answer::unkept("image/jpeg", Body::Whole(body)) })
    }

    async fn get_snapshot(&self, call: &Call) -> Result<Answer, Problem> {
        let StillQuery { side_px_max, overlay } = query::parse_still(&call.query)?;
        let camera = camera_of(&call.id, known(call)?)?;
        let still = self.cameras.still(&camera, Snapshot { side_px_max, overlay, known: None }).await?;
        let captured_at = Some(still.captured_at);
        Ok(Answer { captured_at, ..Answer::unkept("image/jpeg", Body::Whole(still.jpeg)) })
    }

    async fn watch_camera(&self, call: &Call) -> Result<Answer, Problem> {
        let asked = query::parse_live(&call.query)?;
        let principal = known(call)?;
        let stream = self.live.open(principal, camera_of(&call.id, principal)?, asked).await?;
        Ok(Answer::unkept(live::CONTENT_TYPE, Body::Live(stream)))
    }

    /// Reads a picture on a thread that may block, and makes sure that it is the one that was taken.
    async fn picture(&self, id: EvidenceId, reference: Option<EvidenceRef>) -> Result<Vec<u8>, Problem> {
        let closed = |error: tokio::sync::AcquireError| Problem::internal(error.to_string());
        let place = Arc::clone(&self.pictures).acquire_owned().await.map_err(closed)?;
        let evidence = Arc::clone(&self.evidence);
        let read = move || {
            // The place is given back by the thread, because a request that times out does not stop it.
            let _place = place;
            let jpeg = evidence.get(id)?;
            let jpeg = jpeg.ok_or_else(|| Problem::gone("this picture is no longer kept"))?;
            match reference {
                Some(kept) if Digest::of(&jpeg) != kept.sha256 => Err(Problem::internal(format!(
                    "picture {id} is not the one that was stored: its digest differs"
                ))),
                _ => Ok(jpeg),
            }
        };
        let joined = tokio::task::spawn_blocking(read).await;
        joined.map_err(|error| Problem::internal(format!("reading picture {id}: {error}")))?
    }

    async fn ready(&self, call: &Call) -> Result<Answer, Problem> {
        let checks = self.ready.checks().await;
        let details = call.principal.as_ref().map(|principal| {
            let with_reasons = matches!(principal.role, Role::Operator | Role::Admin);
            readiness::describe(&checks, with_reasons && principal.cameras.is_none())
        });
        if !readiness::is_ready(&checks) {
            return Err(Problem::not_ready(details));
        }
        let mut body = json!({ "ready": true });
        if let (Some(details), Some(members)) = (details, body.as_object_mut()) {
            members.insert("checks".to_owned(), details);
        }
        Answer::json(&body)
    }

    async fn place(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Problem> {
        self.questions.acquire().await.map_err(|error| Problem::internal(error.to_string()))
    }
}

fn known(call: &Call) -> Result<&Principal, Problem> {
    call.principal
        .as_ref()
        .ok_or_else(|| Problem::internal("a route that needs a credential was reached without one"))
}

/// An id in the one form that is served: lower-case hexadecimal with hyphens.
fn uuid_of(text: &str) -> Result<uuid::Uuid, Problem> {
    let parsed = uuid::Uuid::try_parse(text).ok().filter(|id| id.to_string() == text);
    parsed.ok_or_else(|| {
        Problem::bad_request("the id is none: expected a UUID such as 0190f5fe-7c00-7a00-8000-000000000000")
    })
}

/// The question as this one may ask it; nothing when no camera is left. Leaving the list empty would ask for every
/// camera, which is why the two cases are kept apart here.
fn restricted(mut asked: EventQuery, principal: &Principal) -> Option<EventQuery> {
    let Some(allowed) = &principal.cameras else {
        return Some(asked);
    };
    if asked.cameras.is_empty() {
        asked.cameras = allowed.iter().cloned().collect();
    } else {
        asked.cameras.retain(|camera| allowed.contains(camera));
    }
    (!asked.cameras.is_empty()).then_some(asked)
}
