-- `spans` in fewer, cheaper columns: events, links, resource and scope are OTLP/JSON text instead of 23 columns of
-- arrays and maps. What is stored is converted into a new table, which then takes the old one's place; each statement
-- is run only while the old one is there, so that an interrupted migration can be repeated. Nothing may write meanwhile.
-- The earlier columns are described in 001. JSON is as in the OTLP/JSON encoding, zero and empty members left out.

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'spans' AND name = 'event_times'
CREATE TABLE IF NOT EXISTS lean_spans
(
    project LowCardinality(String),
    trace_id FixedString(16) CODEC(ZSTD(1)),
    span_id FixedString(8) CODEC(NONE),
    parent_span_id FixedString(8) COMMENT 'zero bytes: a root' CODEC(ZSTD(1)),
    name LowCardinality(String) COMMENT 'the label: step, flow, tool or agent name, else the span name',
    kind LowCardinality(String),
    flow LowCardinality(String) COMMENT 'the flow of the span''s run; settling fills it where the wire does not say',
    run_id String COMMENT 'as declared, else the trace; settling corrects it for nested flows' CODEC(ZSTD(1)),
    declared_run_id String COMMENT 'weir.run.id as sent' CODEC(ZSTD(1)),
    declared_parent_run_id String,
    status LowCardinality(String),
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
    model LowCardinality(String),
    provider LowCardinality(String),
    input_tokens UInt64 COMMENT 'counted usage: 0 once a descendant is known to carry usage' CODEC(T64, ZSTD(1)),
    output_tokens UInt64 CODEC(T64, ZSTD(1)),
    cached_input_tokens UInt64,
    reasoning_tokens UInt64,
    cost Float64 COMMENT 'US dollars, counted like the tokens' CODEC(ZSTD(1)),
    time_to_first_token_ns UInt64,
    error_type LowCardinality(String),
    error_message String,
    start DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end DateTime64(9, 'UTC') COMMENT '1970: not ended' CODEC(Delta, ZSTD(1)),
    duration_ns UInt64 CODEC(T64, ZSTD(1)),
    input String CODEC(ZSTD(1)),
    output String CODEC(ZSTD(1)),
    input_key LowCardinality(String),
    output_key LowCardinality(String),
    span_name LowCardinality(String),
    otel_kind UInt8,
    trace_state String,
    flags UInt32,
    status_code UInt8,
    status_message String,
    attributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    attribute_types LowCardinality(String) COMMENT 'one letter per attribute in the order that they came: s i d b y a k e, see 001; I, O: it became input, output',
    dropped_attributes UInt32,
    events String COMMENT 'OTLP/JSON array of Span.Event, empty: none' CODEC(ZSTD(1)),
    dropped_events UInt32,
    links String COMMENT 'OTLP/JSON array of Span.Link, empty: none' CODEC(ZSTD(1)),
    dropped_links UInt32,
    resource LowCardinality(String) COMMENT 'OTLP/JSON of ResourceSpans without scopeSpans',
    scope LowCardinality(String) COMMENT 'OTLP/JSON of ScopeSpans without spans',
    received DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1)),
    declared_flow LowCardinality(String) DEFAULT flow COMMENT 'the flow as sent; settling keeps it when it fills flow',
    settled UInt8 DEFAULT 0 COMMENT '1: rewritten by settling, with the received time of the record that it replaces',
    INDEX attribute_bloom arrayMap((key, value) -> cityHash64(key, value), mapKeys(attributes), mapValues(attributes))
        TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(end)
ORDER BY (project, trace_id, span_id)
-- docs/STORAGE.md has the measurements. Small granules: a trace is a few rows of one place. No partitions: broken clocks
-- would make them by the hundred. Wide merges, up to a size: they cost more than inserts, and a part stays a stretch of time.
SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 2048, merge_selector_base = 16,
    max_bytes_to_merge_at_max_space_in_pool = 2147483648;

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'spans' AND name = 'event_times'
INSERT INTO lean_spans
WITH
    (parts) -> concat('{', arrayStringConcat(arrayFilter(part -> part != '', parts), ','), '}') AS object,
    (key, number) -> if(number = 0, '', concat('"', key, '":', toString(number))) AS number_member,
    (key, digits) -> if(digits IN ('', '0'), '', concat('"', key, '":"', digits, '"')) AS digits_member,
    (key, text) -> if(text = '', '', concat('"', key, '":', toJSONString(text))) AS text_member,
    (key, items) -> if(empty(items), '', concat('"', key, '":[', arrayStringConcat(items, ','), ']')) AS list_member,
    (type, text) -> multiIf(
        type = 'i', concat('{"intValue":"', text, '"}'),
        type = 'd', if(match(text, '^-?[0-9]') AND text != '-0',
            concat('{"doubleValue":', text, '}'), concat('{"doubleValue":"', text, '"}')),
        type = 'b', concat('{"boolValue":', text, '}'),
        type = 'y', concat('{"bytesValue":"', text, '"}'),
        type IN ('a', 'k'), text,
        type = 'e', '{}',
        concat('{"stringValue":', toJSONString(text), '}')) AS value_json,
    (keys, texts, types) -> arrayMap((key, text, nth) ->
        object([text_member('key', key), concat('"value":', value_json(substring(types, nth, 1), text))]),
        CAST(keys, 'Array(String)'), texts, arrayEnumerate(keys)) AS attributes_json
SELECT
    * EXCEPT (
        event_times, event_names, event_attributes, event_attribute_types, event_dropped_attributes, dropped_events,
        link_trace_ids, link_span_ids, link_trace_states, link_flags, link_attributes, link_attribute_types,
        link_dropped_attributes, dropped_links, resource_attributes, resource_attribute_types,
        resource_dropped_attributes, resource_schema_url, scope_name, scope_version, scope_attributes,
        scope_attribute_types, scope_dropped_attributes, scope_schema_url, received, declared_flow, settled),
    if(empty(event_times), '', concat('[', arrayStringConcat(arrayMap((time, name, map, types, dropped) -> object([
        digits_member('timeUnixNano', toString(toUnixTimestamp64Nano(time))),
        text_member('name', name),
        list_member('attributes', attributes_json(mapKeys(map), mapValues(map), types)),
        number_member('droppedAttributesCount', dropped)]),
        event_times, event_names, event_attributes, event_attribute_types, event_dropped_attributes), ','), ']')),
    dropped_events,
    if(empty(link_trace_ids), '', concat('[', arrayStringConcat(
        arrayMap((trace, id, state, map, types, dropped, flags) -> object([
            digits_member('traceId', lower(hex(trace))),
            digits_member('spanId', lower(hex(id))),
            text_member('traceState', state),
            list_member('attributes', attributes_json(mapKeys(map), mapValues(map), types)),
            number_member('droppedAttributesCount', dropped),
            number_member('flags', flags)]),
            link_trace_ids, link_span_ids, link_trace_states, link_attributes, link_attribute_types,
            link_dropped_attributes, link_flags), ','), ']')),
    dropped_links,
    object([
        if(empty(resource_attributes) AND resource_dropped_attributes = 0, '', concat('"resource":', object([
            list_member('attributes',
                attributes_json(mapKeys(resource_attributes), mapValues(resource_attributes), resource_attribute_types)),
            number_member('droppedAttributesCount', resource_dropped_attributes)]))),
        text_member('schemaUrl', resource_schema_url)]),
    object([
        if(scope_name = '' AND scope_version = '' AND empty(scope_attributes) AND scope_dropped_attributes = 0, '',
            concat('"scope":', object([
                text_member('name', scope_name),
                text_member('version', scope_version),
                list_member('attributes',
                    attributes_json(mapKeys(scope_attributes), mapValues(scope_attributes), scope_attribute_types)),
                number_member('droppedAttributesCount', scope_dropped_attributes)]))),
        text_member('schemaUrl', scope_schema_url)]),
    received, declared_flow, settled
FROM spans
SETTINGS output_format_json_escape_forward_slashes = 0, max_partitions_per_insert_block = 0, optimize_on_insert = 0;

-- Views stay with the table that they were made for, so they are made again.
-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'spans' AND name = 'event_times'
DROP VIEW IF EXISTS unsettled_traces_from_spans;

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'spans' AND name = 'event_times'
DROP VIEW IF EXISTS run_traces_from_spans;

-- only while: SELECT 1 FROM system.columns WHERE database = currentDatabase() AND table = 'spans' AND name = 'event_times'
RENAME TABLE spans TO replaced_spans;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() HAVING countIf(name = 'replaced_spans') = 1 AND countIf(name = 'spans') = 0
RENAME TABLE lean_spans TO spans;

CREATE MATERIALIZED VIEW IF NOT EXISTS unsettled_traces_from_spans TO unsettled_traces AS
SELECT
    project, trace_id, 'spans' AS reason, toInt64(count()) AS pending, max(received) AS due, min(received) AS since,
    toDateTime64(0, 3, 'UTC') AS settled
FROM spans AS span
WHERE span.settled = 0
GROUP BY project, trace_id;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_traces_from_spans TO run_traces AS
SELECT DISTINCT project, declared_run_id AS run_id, trace_id
FROM spans
WHERE settled = 0 AND declared_run_id != '' AND declared_run_id != lower(hex(trace_id));

-- Not dropped: while it is there, no other process can rename the new table by mistake. migrate() drops it later.
TRUNCATE TABLE IF EXISTS replaced_spans;

-- Left by a second process that began the same migration while the first one ended it.
DROP TABLE IF EXISTS lean_spans;
