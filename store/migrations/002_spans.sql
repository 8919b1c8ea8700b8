-- One row per span: what the client sent, with the names that a dialect gave its attributes. Facts only: nothing is written
-- after the insert. The same span sent again replaces itself, and the later end wins (start and end records of realtime exporters).
-- A single attribute that became `input`, `output` or `metadata` is moved, not copied: `attribute_types` says which.
-- JSON is as in the OTLP/JSON encoding, zero and empty members left out. docs/STORAGE.md has the measurements behind types and settings.
CREATE TABLE IF NOT EXISTS spans
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) COMMENT 'zero bytes: a root' CODEC(ZSTD(1)),
    name LowCardinality(String) COMMENT 'the label: step, flow, tool or agent name, else the span name',
    kind LowCardinality(String) COMMENT 'flow, step, attempt, model, tool, agent, retriever, embedder, reranker, prompt, guardrail, evaluator, span',
    declared_flow LowCardinality(String) COMMENT 'the flow, where the span says it',
    declared_run_id String CODEC(ZSTD(1)),
    declared_parent_run_id String,
    status LowCardinality(String) COMMENT 'running, ok, error, suspended, cancelled, expired, replayed, skipped',
    service LowCardinality(String),
    environment LowCardinality(String),
    version LowCardinality(String),
    session_id String CODEC(ZSTD(1)),
    user_id String CODEC(ZSTD(1)),
    experiment_id String,
    case_id String,
    trial UInt32,
    step_index Int32 COMMENT 'occurrence as declared, -1: not declared' CODEC(T64, ZSTD(1)),
    step_attempts UInt32 COMMENT 'as declared, 0: not declared',
    step_fallback UInt8,
    step_role UInt8 COMMENT '1 chain: a step although nobody declares steps; 2 wrapper: what is below it counts instead; 3 inner: a step only right below the root; 4 none: never a step; 0: as kind says',
    declared_steps UInt32 COMMENT 'of a flow: executions of steps that its run says it had, 0: none, or nothing said',
    model LowCardinality(String),
    provider LowCardinality(String),
    input_tokens UInt64 COMMENT 'as sent, as are all measures: a wrapper may repeat those of its children' CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_input_tokens UInt64 COMMENT 'part of input_tokens',
    reasoning_tokens UInt64 COMMENT 'part of output_tokens',
    cost Float64 COMMENT 'US dollars' CODEC(ZSTD(1)),
    cost_estimated UInt8 COMMENT '1: the cost follows from the tokens by a list of prices; 2: nobody knows what the tokens cost',
    time_to_first_token_ns UInt64,
    error_type LowCardinality(String),
    error_message String,
    start DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end DateTime64(9, 'UTC') COMMENT '1970: not ended' CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 ALIAS toUInt64(greatest(0, if(end = toDateTime64(0, 9, 'UTC'), 0,
        toUnixTimestamp64Nano(end) - toUnixTimestamp64Nano(start)))) COMMENT '0: not ended, or ended before it began',
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    input_type LowCardinality(String) COMMENT 'json: JSON text; text: a string as it is; unknown: nobody said; empty: not recorded',
    output_type LowCardinality(String),
    input_length UInt32 COMMENT 'characters before it was cut, 0: it is whole',
    output_length UInt32,
    metadata String COMMENT 'of a run: JSON text' CODEC(ZSTD(1)),
    input_key LowCardinality(String) COMMENT 'the attribute that became input',
    output_key LowCardinality(String),
    span_name LowCardinality(String),
    otel_kind UInt8,
    trace_state String,
    flags UInt32,
    status_code UInt8,
    status_message String,
    attributes Map(LowCardinality(String), String) COMMENT 'values as text' CODEC(ZSTD(1)),
    attribute_types LowCardinality(String) COMMENT 'one letter per attribute in the order that they came. s: string, i: int, d: double, b: bool, y: bytes (base64), a: array (OTLP/JSON), k: kvlist (OTLP/JSON), e: empty; I, O, M: it became input, output, metadata',
    dropped_attributes UInt32,
    events String COMMENT 'OTLP/JSON array of Span.Event, empty: none' CODEC(ZSTD(1)),
    dropped_events UInt32,
    links String COMMENT 'OTLP/JSON array of Span.Link, empty: none' CODEC(ZSTD(1)),
    dropped_links UInt32,
    resource LowCardinality(String) COMMENT 'OTLP/JSON of ResourceSpans without scopeSpans',
    scope LowCardinality(String) COMMENT 'OTLP/JSON of ScopeSpans without spans',
    received DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    -- What came lately is found in parts of any size: a pass of settling reads nothing else.
    INDEX received_minmax received TYPE minmax GRANULARITY 4,
    -- Which spans have a word, or a part of one: store/src/run-query asks with this very expression, in which U+212A is a k. Merges
    -- make it, and inserts leave it out (`exclude_materialize_skip_indexes_on_insert`).
    INDEX texts lower(replaceAll(concatWithSeparator('\n', name, span_name, model, session_id, user_id, error_type, error_message,
        status_message, input, output), '\xE2\x84\xAA', 'k'))
        TYPE text(tokenizer = 'splitByNonAlpha', posting_list_codec = 'bitpacking'),
    -- Which spans have an attribute with a value, by the hash of both: run-query asks with this very expression. Merges make the first, as
    -- with `texts`. Inserts make the second, which costs a fifth of it and says which granules may have one.
    INDEX attribute_pairs arrayMap((key, value) -> reinterpretAsFixedString(cityHash64(key, value)), mapKeys(attributes), mapValues(attributes))
        TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking'),
    INDEX new_attribute_pairs arrayMap((key, value) -> reinterpretAsFixedString(cityHash64(key, value)), mapKeys(attributes), mapValues(attributes))
        TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(end)
ORDER BY (project, trace_id, span_id)
-- Small granules: a trace is a few rows of one place. No partitions: broken clocks would make them by the hundred. Wide merges, up to a
-- size: they cost more than inserts, and a part stays a stretch of time. A part as inserts leave it has all columns in one file:
-- making and syncing some hundred files costs an insert more than its rows do.
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 2048, merge_selector_base = 16,
    max_bytes_to_merge_at_max_space_in_pool = 2147483648, min_bytes_for_wide_part = 134217728,
    exclude_materialize_skip_indexes_on_merge = 'new_attribute_pairs';

-- The views come right behind their table: what is inserted before them would never be settled.
CREATE MATERIALIZED VIEW IF NOT EXISTS unsettled_traces_from_spans TO unsettled_traces AS
SELECT
    project, trace_id, 'spans' AS reason, received, toInt64(count()) AS pending
FROM spans
GROUP BY project, trace_id, received;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_traces_from_spans TO run_traces AS
SELECT DISTINCT project, declared_run_id AS run_id, trace_id
FROM spans
WHERE declared_run_id != '' AND declared_run_id != lower(hex(trace_id));
