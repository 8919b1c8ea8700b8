-- Per-minute totals that charts read. Settling rebuilds the minutes that it touched from `runs`: rows are replaced,
-- and those of groups that vanished are deleted by `is_deleted`. Reading a busy minute again with every pass would cost the square of
-- its runs, so a large pass adds the runs that it settled for the first time as a slice of their minute. The sum over the slices of a
-- minute is exact, whatever was settled again.
CREATE TABLE IF NOT EXISTS run_minutes
(
    project LowCardinality(String),
    flow LowCardinality(String),
    minute DateTime('UTC') COMMENT 'of the run''s start',
    environment LowCardinality(String),
    service LowCardinality(String),
    version LowCardinality(String),
    source LowCardinality(String),
    runs UInt32,
    errors UInt32 COMMENT 'runs with status error',
    duration_values Array(BFloat16) COMMENT 'the different durations of runs that have ended, ns, cut to 8 significant bits',
    duration_counts Array(UInt32) COMMENT 'how often each came',
    input_tokens UInt64,
    output_tokens UInt64,
    cost Float64,
    unpriced_tokens UInt64,
    settled DateTime64(6, 'UTC') COMMENT 'when this row was computed',
    is_deleted UInt8 DEFAULT 0,
    slice UInt64 COMMENT '0: all runs of the minute when it was rebuilt; else runs that one later pass added'
)
ENGINE = ReplacingMergeTree(settled, is_deleted)
PRIMARY KEY (project, flow, minute, environment, service, version, source)
ORDER BY (project, flow, minute, environment, service, version, source, slice);

CREATE TABLE IF NOT EXISTS step_minutes
(
    project LowCardinality(String),
    flow LowCardinality(String),
    minute DateTime('UTC') COMMENT 'of the run''s start',
    environment LowCardinality(String),
    service LowCardinality(String),
    version LowCardinality(String),
    source LowCardinality(String),
    step LowCardinality(String),
    kind LowCardinality(String),
    executions UInt32,
    errors UInt32,
    retried UInt32 COMMENT 'executions of more than one attempt',
    fallbacks UInt32,
    start_offset_sum Float64 COMMENT 'ns from the run''s start; over executions: the usual order of the steps',
    duration_values Array(BFloat16) COMMENT 'as in run_minutes, of executions that ran to an end',
    duration_counts Array(UInt32),
    input_tokens UInt64,
    output_tokens UInt64,
    cost Float64,
    unpriced_tokens UInt64,
    settled DateTime64(6, 'UTC') COMMENT 'when this row was computed',
    is_deleted UInt8 DEFAULT 0,
    slice UInt64 COMMENT 'as in run_minutes'
)
ENGINE = ReplacingMergeTree(settled, is_deleted)
PRIMARY KEY (project, flow, minute, environment, service, version, source, step, kind)
ORDER BY (project, flow, minute, environment, service, version, source, step, kind, slice);
