-- Events and whose pictures are whose; the counterpart of ../sqlite/V1__events.sql. The columns of `event` are what is
-- searched; the whole event is JSON beside them. It is `json`, not `jsonb`: it has to come back as it went, and jsonb
-- refuses some of what is valid JSON. There are no CHECKs: what was accepted has to fit.
--
-- `event` is cut by days of `captured_at`. Where TimescaleDB is installed in this database it is a hypertable; where not,
-- it is partitioned by us: event_make_day makes a day, event_drop_before drops days, and event_stray takes what lies
-- in no day. Both have the same columns, indexes and views.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE meta (
    key   text PRIMARY KEY,
    value text NOT NULL
);

INSERT INTO meta VALUES ('application', 'ovr-alpr');

-- One row a pass over all days: which revision counts, and on which day it lies. An index that is cut by days can only be
-- unique within a day, so this is what keeps a pass single and finds it by its id.
CREATE TABLE event_key (
    event_id    uuid PRIMARY KEY,
    revision    bigint NOT NULL,
    captured_at timestamptz NOT NULL,
    moved_from  timestamptz,               -- where the revision before lay, when it lay elsewhere
    site_id     text COLLATE "C" NOT NULL,
    seen_at     timestamptz                -- when the vehicle was last seen; NULL when it passed unread
);

CREATE INDEX event_key_by_time ON event_key USING brin (captured_at);
-- What a repeat may repeat: dedup asks for it after a restart, and nothing repeats a vehicle that passed unread. It is here
-- and not on `event`, because it changes with every revision, and a row none of whose indexed columns change is
-- updated in place.
CREATE INDEX event_key_by_sight ON event_key (site_id, seen_at, event_id) WHERE seen_at IS NOT NULL;

DO $make$
DECLARE
    is_hypertable boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb');
BEGIN
    EXECUTE $table$
        CREATE TABLE event (
            event_id         uuid NOT NULL,
            revision         bigint NOT NULL,
            lifecycle        text NOT NULL,
            site_id          text COLLATE "C" NOT NULL,
            camera_id        text COLLATE "C" NOT NULL,
            lane_id          text,
            captured_at      timestamptz NOT NULL,
            last_seen        timestamptz NOT NULL,
            plate_normalized text COLLATE "C",
            plate_corrected  text COLLATE "C",
            confidence       real NOT NULL,
            unread           boolean NOT NULL,
            country          text,
            verdict          text NOT NULL,
            vehicle_class    text,
            direction        text,
            dedup_decision   text NOT NULL,
            repeats_event_id uuid,
            event            json NOT NULL,
            PRIMARY KEY (captured_at, event_id)
        )
    $table$ || CASE WHEN is_hypertable THEN 'WITH (fillfactor = 80)' ELSE 'PARTITION BY RANGE (captured_at)' END;
    IF is_hypertable THEN
        PERFORM create_hypertable('event', by_range('captured_at', INTERVAL '1 day'), create_default_indexes => false);
    ELSE
        CREATE TABLE event_stray PARTITION OF event DEFAULT WITH (fillfactor = 80);
    END IF;
    INSERT INTO meta VALUES ('partitions', CASE WHEN is_hypertable THEN 'timescaledb' ELSE 'days' END);
END
$make$;

CREATE INDEX event_by_camera ON event (camera_id, captured_at, event_id);
CREATE INDEX event_by_plate ON event (plate_normalized, captured_at, event_id) WHERE plate_normalized IS NOT NULL;
CREATE INDEX event_by_corrected ON event (plate_corrected, captured_at, event_id) WHERE plate_corrected IS NOT NULL;
-- For wildcards that do not start with letters.
CREATE INDEX event_by_trigram ON event USING gin (plate_normalized gin_trgm_ops, plate_corrected gin_trgm_ops);

-- Access to a picture follows the camera of its event. The first event that names a picture owns it. It refers to no row of
-- `event_key` by constraint: both are written in one transaction, and a check for each picture is half of the work.
CREATE TABLE evidence (
    evidence_id uuid PRIMARY KEY,
    event_id    uuid NOT NULL,
    camera_id   text NOT NULL,
    kind        text NOT NULL,
    sha256      text NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE INDEX evidence_by_event ON evidence (event_id);
CREATE INDEX evidence_by_expiry ON evidence USING brin (expires_at);

-- Makes the partition of one day, moves into it what strayed, and says whether it did. Days that are more than 400 days
-- past or 3 days ahead get none: a camera whose clock is wrong must not fill the catalogue.
CREATE FUNCTION event_make_day(day date) RETURNS boolean LANGUAGE plpgsql AS $day$
DECLARE
    name  text := 'event_' || to_char(day, 'YYYYMMDD');
    first timestamptz := day::timestamp AT TIME ZONE 'UTC';
    next  timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
    today date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF to_regclass('event_stray') IS NULL OR day < today - 400 OR day > today + 3 OR to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- One at a time; who waited looks again. Writers go on until the strays are locked, which is short.
    LOCK TABLE ONLY event IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE event_stray IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING ALL) WITH (fillfactor = 80)', name);
    EXECUTE format(
        'WITH stray AS (DELETE FROM event_stray WHERE captured_at >= $1 AND captured_at < $2 RETURNING *)
         INSERT INTO %I SELECT * FROM stray', name) USING first, next;
    EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, first, next);
    RETURN true;
END
$day$;

-- Drops one day that lies wholly before `cutoff`, the oldest first, and gives its name; NULL when there is none. The keys and
-- pictures of its events are left to whoever calls it, who takes them in small bites.
CREATE FUNCTION event_drop_before(cutoff timestamptz) RETURNS text LANGUAGE plpgsql AS $drop$
DECLARE
    name text;
BEGIN
    IF to_regclass('event_stray') IS NULL THEN
        SELECT string_agg(chunk, ', ') INTO name FROM drop_chunks('event', older_than => cutoff) AS chunk;
        RETURN name;
    END IF;
    SELECT part.relname INTO name
    FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
    WHERE inhparent = 'event'::regclass AND part.relname ~ '^event_[0-9]{8}$'
        AND (to_date(right(part.relname, 8), 'YYYYMMDD') + 1)::timestamp AT TIME ZONE 'UTC' <= cutoff
    ORDER BY part.relname LIMIT 1;
    IF name IS NOT NULL THEN
        EXECUTE format('DROP TABLE IF EXISTS %I', name);
    END IF;
    RETURN name;
END
$drop$;

-- Events by hour and camera. With TimescaleDB it is kept up to date in the background, else it is counted when asked.
DO $hours$
DECLARE
    counts text := '
        count(*) AS events,
        count(*) FILTER (WHERE unread) AS unread,
        count(*) FILTER (WHERE dedup_decision <> ''emit'') AS repeats,
        count(*) FILTER (WHERE verdict = ''invalid'') AS invalid
        FROM event GROUP BY 1, 2, 3';
BEGIN
    -- Compression and continuous aggregates are not in TimescaleDB's Apache edition.
    IF to_regclass('event_stray') IS NULL AND current_setting('timescaledb.license', true) = 'timescale' THEN
        EXECUTE 'CREATE MATERIALIZED VIEW event_by_hour WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
            SELECT time_bucket(INTERVAL ''1 hour'', captured_at) AS hour, site_id, camera_id,' || counts || ' WITH NO DATA';
        PERFORM add_continuous_aggregate_policy('event_by_hour', start_offset => INTERVAL '7 days',
            end_offset => INTERVAL '1 hour', schedule_interval => INTERVAL '30 minutes');
        ALTER TABLE event SET (timescaledb.compress, timescaledb.compress_segmentby = 'camera_id',
            timescaledb.compress_orderby = 'captured_at DESC, event_id DESC');
        PERFORM add_compression_policy('event', INTERVAL '7 days');
    ELSE
        EXECUTE 'CREATE VIEW event_by_hour AS
            SELECT date_trunc(''hour'', captured_at, ''UTC'') AS hour, site_id, camera_id,' || counts;
    END IF;
END
$hours$;
