-- Settling of large passes. What it reads and writes again and again is found by the time it came, in parts of any size.
ALTER TABLE spans ADD INDEX IF NOT EXISTS received_minmax received TYPE minmax GRANULARITY 4;

ALTER TABLE spans MATERIALIZE INDEX received_minmax;

ALTER TABLE runs ADD INDEX IF NOT EXISTS settled_minmax settled TYPE minmax GRANULARITY 1;

ALTER TABLE runs MATERIALIZE INDEX settled_minmax;

-- Settling corrects run_id, flow and usage of spans by lightweight updates, which need to know every row again after merges.
ALTER TABLE spans MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1;

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'run_minutes' HAVING countIf(name = 'slice') = 0
ALTER TABLE run_minutes
    ADD COLUMN slice UInt64 COMMENT '0: all runs of the minute when it was rebuilt; else runs that one later pass added',
    MODIFY ORDER BY (project, flow, minute, environment, service, version, source, slice);

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'step_minutes' HAVING countIf(name = 'slice') = 0
ALTER TABLE step_minutes
    ADD COLUMN slice UInt64 COMMENT '0: all runs of the minute when it was rebuilt; else runs that one later pass added',
    MODIFY ORDER BY (project, flow, minute, environment, service, version, source, step, kind, slice);

-- What a pass works on is kept for that pass only: the tables are made again with what is new in them.
DROP TABLE IF EXISTS settling_traces;

CREATE TABLE IF NOT EXISTS settling_traces
(
    batch UUID,
    project LowCardinality(String),
    trace_id FixedString(16) DEFAULT unhex(trace_hex),
    trace_hex String EPHEMERAL,
    spans_seen Int64 COMMENT 'what the pass subtracts from unsettled_traces when it is done',
    expiry_seen Int64,
    since DateTime64(3, 'UTC') COMMENT 'receipt of its oldest span that is not settled; 1970: not known, or it was settled before',
    created DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (batch, project, trace_id)
TTL created + INTERVAL 10 MINUTE
SETTINGS merge_with_ttl_timeout = 300;

-- Who completed a pass that checked traces off: a worker remembers only the runs that it settled itself.
CREATE TABLE IF NOT EXISTS settling_passes
(
    worker UUID,
    completed DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY completed
TTL toDateTime(completed) + INTERVAL 1 DAY;

-- Traces of a pass that turn out to have been settled before.
CREATE TABLE IF NOT EXISTS settling_known
(
    batch UUID,
    trace_key UInt64 COMMENT 'sipHash64(project, lower(hex(trace_id)))',
    again UInt8 COMMENT '1: the pass has written a run of it already',
    created DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY (batch, trace_key)
TTL created + INTERVAL 10 MINUTE;
