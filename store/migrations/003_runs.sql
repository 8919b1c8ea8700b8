-- One row per run, derived from spans by the run model (docs/RUN-MODEL.md) and written by settling only. `step_*`, `call_*` and `model_*`
-- are parallel arrays, so that a check is an array function. A run that settles again replaces its row; where its sort key
-- changed, the old row is deleted by `is_deleted`.
CREATE TABLE IF NOT EXISTS runs
(
    project LowCardinality(String),
    run_id String CODEC(ZSTD(1)),
    trace_id FixedString(16) COMMENT 'the root''s trace',
    trace_ids Array(FixedString(16)) COMMENT 'all of its traces, the root''s first',
    shares_traces UInt8 DEFAULT 1 COMMENT 'spans of its traces belong to other runs',
    root_span_id FixedString(8) COMMENT 'zero bytes: no root was seen',
    parent_run_id String,
    flow LowCardinality(String),
    version LowCardinality(String),
    environment LowCardinality(String),
    service LowCardinality(String),
    source LowCardinality(String) COMMENT 'production or experiment',
    status LowCardinality(String),
    incomplete UInt8 COMMENT 'the root is missing or has not ended',
    lost_steps UInt32 COMMENT 'executions of steps that the run says it had, and that did not arrive',
    start DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    experiment_id String,
    case_id String,
    trial UInt32,
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    input_type LowCardinality(String) COMMENT 'as in spans',
    output_type LowCardinality(String),
    input_length UInt32 COMMENT 'characters before it was cut, 0: it is whole',
    output_length UInt32,
    metadata String COMMENT 'JSON text',
    error_type LowCardinality(String),
    error_message String,
    input_tokens UInt64 COMMENT 'counted once, whatever wrappers repeat' CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_input_tokens UInt64,
    reasoning_tokens UInt64,
    cost Float64 COMMENT 'US dollars' CODEC(ZSTD(1)),
    unpriced_tokens UInt64 COMMENT 'input and output whose cost nobody knows',
    span_count UInt32,
    error_count UInt32,
    models Array(LowCardinality(String)) COMMENT 'one entry per model and provider',
    model_providers Array(LowCardinality(String)),
    model_calls Array(UInt32),
    model_errors Array(UInt32),
    model_input_tokens Array(UInt64) CODEC(T64, ZSTD(1)),
    model_output_tokens Array(UInt64) CODEC(T64, ZSTD(1)),
    model_cached_input_tokens Array(UInt64),
    model_reasoning_tokens Array(UInt64),
    model_costs Array(Float64) CODEC(ZSTD(1)),
    model_unpriced_tokens Array(UInt64),
    model_durations_ns Array(UInt64) COMMENT 'of all calls together' CODEC(T64, ZSTD(1)),
    step_names Array(LowCardinality(String)) COMMENT 'one entry per step execution, by start',
    step_occurrences Array(UInt32) COMMENT '0..n per label',
    step_kinds Array(LowCardinality(String)),
    step_statuses Array(LowCardinality(String)),
    step_starts_ns Array(Int64) COMMENT 'offset from the run''s start' CODEC(T64, ZSTD(1)),
    step_durations_ns Array(UInt64) CODEC(T64, ZSTD(1)),
    step_uncertain_ns Array(UInt64) COMMENT 'by how much its times contradict the run''s or each other',
    step_attempts Array(UInt32),
    step_fallbacks Array(UInt8),
    step_parents Array(Int32) COMMENT 'index of the enclosing step execution, -1: none',
    step_input_tokens Array(UInt64) COMMENT 'of it and all below it but enclosed steps' CODEC(T64, ZSTD(1)),
    step_output_tokens Array(UInt64) CODEC(T64, ZSTD(1)),
    step_costs Array(Float64) CODEC(ZSTD(1)),
    step_unpriced_tokens Array(UInt64),
    step_traces Array(UInt32) COMMENT 'index into trace_ids',
    step_span_ids Array(FixedString(8)) COMMENT 'the span of the last attempt',
    call_names Array(LowCardinality(String)) COMMENT 'models, tools, agents, retrievers and embedders at any depth, by start',
    call_kinds Array(LowCardinality(String)),
    call_statuses Array(LowCardinality(String)),
    call_starts_ns Array(Int64) COMMENT 'offset from the run''s start' CODEC(T64, ZSTD(1)),
    call_durations_ns Array(UInt64) CODEC(T64, ZSTD(1)),
    call_uncertain_ns Array(UInt64) COMMENT 'as step_uncertain_ns',
    call_steps Array(Int32) COMMENT 'index of the step execution around it, -1: none',
    settled DateTime64(6, 'UTC') COMMENT 'when its pass began',
    is_deleted UInt8 DEFAULT 0,
    replaces UInt8 DEFAULT 1 COMMENT '1: there may be an older row of the same run_key; of rows with 0 there is one per run_key',
    run_key UInt64 DEFAULT cityHash64(project, flow, start, run_id) COMMENT 'stands for project, flow, start and id' CODEC(NONE),
    INDEX replaces_minmax replaces TYPE minmax GRANULARITY 1,
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX settled_minmax settled TYPE minmax GRANULARITY 1,
    -- As in spans: of what those of a run do not have.
    INDEX texts lower(replaceAll(concatWithSeparator('\n', if(run_id = lower(hex(trace_id)), '', run_id), flow, version, environment, service,
        session_id, user_id, experiment_id, case_id, error_type, error_message, metadata, arrayStringConcat(step_names, '\0'),
        arrayStringConcat(call_names, '\0'), arrayStringConcat(models, '\0')), '\xE2\x84\xAA', 'k'))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking')
)
ENGINE = ReplacingMergeTree(settled, is_deleted)
-- By hours, then flows: a list reads the hours that it shows, and a flow lies in a few places of each. Within these by a hash, so that
-- the least hashes are a sample. A run whose flow or start changed has its old row deleted. Small blocks: the rows of a list lie here and
-- there, and each reads a block of every column.
ORDER BY (project, intDiv(toUnixTimestamp64Nano(start), 3600000000000), flow, run_key)
SETTINGS index_granularity = 1024, merge_selector_base = 16, min_bytes_for_wide_part = 134217728,
    max_bytes_to_merge_at_max_space_in_pool = 2147483648, min_compress_block_size = 8192;

-- The flows by whose names a project's runs are counted. Settling adds new ones up to a bound (settle/known-flows.ts);
-- runs of further names are counted as one flow.
CREATE TABLE IF NOT EXISTS flows
(
    project LowCardinality(String),
    flow String
)
ENGINE = ReplacingMergeTree
ORDER BY (project, flow);
