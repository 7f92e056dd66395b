-- Events and whose pictures are whose. The columns of `event` are what is searched; the whole event is JSON beside
-- them, so that a field can be served before it is searched. There are no CHECKs: what was accepted has to fit.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;

-- One row a pass, in its latest revision. `captured_at` is that of the first revision and stays, so that a page of
-- events never misses one that was revised meanwhile; `last_seen` moves with every revision.
CREATE TABLE event (
    event_id         BLOB PRIMARY KEY NOT NULL,    -- UUIDv7, 16 bytes
    revision         INTEGER NOT NULL,
    lifecycle        TEXT NOT NULL,
    site_id          TEXT NOT NULL,
    camera_id        TEXT NOT NULL,
    lane_id          TEXT,
    captured_at      INTEGER NOT NULL,             -- microseconds since 1970-01-01T00:00:00Z
    last_seen        INTEGER NOT NULL,             -- likewise
    plate_normalized TEXT,
    plate_corrected  TEXT,                         -- reduced like plate_normalized
    confidence       REAL NOT NULL,
    unread           INTEGER NOT NULL,             -- 1 when the vehicle passed unread
    country          TEXT,
    verdict          TEXT NOT NULL,
    vehicle_class    TEXT,
    direction        TEXT,
    dedup_decision   TEXT NOT NULL,
    repeats_event_id BLOB,
    event            TEXT NOT NULL                 -- the whole event as JSON
) STRICT;

CREATE INDEX event_by_time ON event (captured_at, event_id);
-- What a repeat may repeat: dedup asks for it after a restart, and nothing repeats a vehicle that passed unread.
CREATE INDEX event_by_last_seen ON event (last_seen, event_id) WHERE unread = 0;
CREATE INDEX event_by_camera ON event (camera_id, captured_at, event_id);
CREATE INDEX event_by_plate ON event (plate_normalized, event_id) WHERE plate_normalized IS NOT NULL;
CREATE INDEX event_by_corrected ON event (plate_corrected, event_id) WHERE plate_corrected IS NOT NULL;

-- Access to a picture follows the camera of its event. The first event that names a picture owns it.
CREATE TABLE evidence (
    evidence_id BLOB PRIMARY KEY NOT NULL,
    event_id    BLOB NOT NULL REFERENCES event (event_id) ON DELETE CASCADE,
    camera_id   TEXT NOT NULL,
    kind        TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX evidence_by_event ON evidence (event_id);
CREATE INDEX evidence_by_expiry ON evidence (expires_at);
