-- What settling has still to do, as a sum per trace: spans add, settling subtracts what it saw. Rows that sum to zero
-- vanish on merge, so the table stays as small as the backlog; a worker that was away for hours finds it all here.
CREATE TABLE IF NOT EXISTS unsettled_traces
(
    project LowCardinality(String),
    trace_id FixedString(16),
    reason LowCardinality(String) COMMENT 'spans: span records came; expiry: look again whether a run has expired',
    pending Int64 COMMENT 'not 0: to be settled',
    due SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'spans: the newest one''s receipt; expiry: when to look',
    since SimpleAggregateFunction(min, DateTime64(3, 'UTC')) COMMENT 'receipt of the oldest span',
    settled SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'the last pass; 1970: none'
)
ENGINE = SummingMergeTree(pending)
ORDER BY (project, trace_id, reason);

CREATE MATERIALIZED VIEW IF NOT EXISTS unsettled_traces_from_spans TO unsettled_traces AS
SELECT
    project, trace_id, 'spans' AS reason, toInt64(count()) AS pending, max(received) AS due, min(received) AS since,
    toDateTime64(0, 3, 'UTC') AS settled
FROM spans AS span
WHERE span.settled = 0
GROUP BY project, trace_id;

-- The traces of a run whose id does not say its trace: a run that was continued in another trace is found here.
CREATE TABLE IF NOT EXISTS run_traces
(
    project LowCardinality(String),
    run_id String,
    trace_id FixedString(16)
)
ENGINE = ReplacingMergeTree
ORDER BY (project, run_id, trace_id)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_traces_from_spans TO run_traces AS
SELECT DISTINCT project, declared_run_id AS run_id, trace_id
FROM spans
WHERE settled = 0 AND declared_run_id != '' AND declared_run_id != lower(hex(trace_id));

-- The traces of one settling pass, so that all of its statements work on the same ones.
CREATE TABLE IF NOT EXISTS settling_traces
(
    batch UUID,
    project LowCardinality(String),
    trace_id FixedString(16) DEFAULT unhex(trace_hex),
    trace_hex String EPHEMERAL,
    spans_seen Int64 COMMENT 'what the pass subtracts from unsettled_traces when it is done',
    expiry_seen Int64,
    created DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (batch, project, trace_id)
TTL created + INTERVAL 1 HOUR;

-- What a settling pass found out about each span of its traces; the pass's later statements read it.
CREATE TABLE IF NOT EXISTS settling_spans
(
    batch UUID,
    project LowCardinality(String),
    trace_id FixedString(16),
    span_id FixedString(8),
    parent_span_id FixedString(8),
    kind LowCardinality(String),
    run_id String COMMENT 'as declared at or above the span, else by the nearest flow span at or above it',
    flow LowCardinality(String) COMMENT 'of the run',
    rank UInt8 COMMENT '2: a flow span that begins (a part of) its run, 1: another span that can be a run''s root, 0: none',
    parent_rank UInt8 COMMENT 'rank of its parent, if that is in the same run',
    orphan UInt8 COMMENT 'its parent was not received',
    step_parent FixedString(8) COMMENT 'the nearest step above it in the same run, zero bytes: none',
    enclosing_run_id String COMMENT 'the run above it, empty: none',
    superseded UInt8 COMMENT 'a descendant carries usage, so its own is not counted',
    changed UInt8 COMMENT 'the stored span says otherwise',
    created DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (batch, project, trace_id, span_id)
TTL created + INTERVAL 1 HOUR;
