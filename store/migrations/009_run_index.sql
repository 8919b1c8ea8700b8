-- Columns that came later, as in 008: every row that was written before may replace another one. Such a database keeps its sort key of `runs`,
-- and its pages read more than those of a new one. docs/STORAGE.md says how to write `runs` anew.
ALTER TABLE runs
    DROP INDEX IF EXISTS words,
    ADD COLUMN IF NOT EXISTS replaces UInt8 DEFAULT 1 AFTER is_deleted,
    ADD COLUMN IF NOT EXISTS run_key UInt64 DEFAULT cityHash64(project, flow, start, run_id) AFTER replaces,
    ADD INDEX IF NOT EXISTS replaces_minmax replaces TYPE minmax GRANULARITY 1;

-- Where in `runs` the runs of an id, a trace, a parent, a session, a user or an experiment are. Hashes of values, and rows of runs that were
-- replaced since: what is found is looked at once more. The trace of a run is here where its id does not say it.
CREATE TABLE IF NOT EXISTS run_index
(
    project LowCardinality(String),
    value UInt64 COMMENT 'cityHash64 of what it is and of its text' CODEC(Delta, ZSTD(1)),
    hour Int64 COMMENT 'of the start, since 1970' CODEC(Delta, ZSTD(1)),
    flow LowCardinality(String),
    run_key UInt64 CODEC(NONE)
)
ENGINE = ReplacingMergeTree
ORDER BY (project, value, hour, flow, run_key)
SETTINGS index_granularity = 256, merge_selector_base = 16;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_index_from_runs TO run_index AS
SELECT
    project,
    arrayJoin(arrayDistinct(arrayConcat(
        [cityHash64('run', run_id)],
        arrayMap(id -> cityHash64('trace', lower(hex(id))), arrayFilter(id -> lower(hex(id)) != run_id, trace_ids)),
        if(parent_run_id = '', [], [cityHash64('parent', parent_run_id)]),
        if(session_id = '', [], [cityHash64('session', session_id)]),
        if(user_id = '', [], [cityHash64('user', user_id)]),
        if(experiment_id = '', [], [cityHash64('experiment', experiment_id)])))) AS value,
    intDiv(toUnixTimestamp64Nano(start), 3600000000000) AS hour,
    flow,
    run_key
FROM runs
WHERE is_deleted = 0;

-- What was there before the view.
INSERT INTO run_index
SELECT
    project,
    arrayJoin(arrayDistinct(arrayConcat(
        [cityHash64('run', run_id)],
        arrayMap(id -> cityHash64('trace', lower(hex(id))), arrayFilter(id -> lower(hex(id)) != run_id, trace_ids)),
        if(parent_run_id = '', [], [cityHash64('parent', parent_run_id)]),
        if(session_id = '', [], [cityHash64('session', session_id)]),
        if(user_id = '', [], [cityHash64('user', user_id)]),
        if(experiment_id = '', [], [cityHash64('experiment', experiment_id)])))) AS value,
    intDiv(toUnixTimestamp64Nano(start), 3600000000000) AS hour,
    flow,
    run_key
FROM runs
WHERE is_deleted = 0;
