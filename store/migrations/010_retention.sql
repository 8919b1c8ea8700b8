-- For how many days a project's runs and payloads are kept, as the worker applied it last. The row of the project '' is of those
-- without one of their own.
CREATE TABLE IF NOT EXISTS retention
(
    project LowCardinality(String),
    days UInt32 COMMENT '0: for ever',
    payload_days UInt32 COMMENT '0: as long as the run',
    runs_before DateTime64(6, 'UTC') COMMENT 'runs that settled before are removed',
    payloads_before DateTime64(6, 'UTC') COMMENT 'payloads that came before are removed',
    applied DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(applied)
ORDER BY project;

-- What retention removed, batch by batch. A batch is counted before anything of it is removed, and is finished whoever began it.
CREATE TABLE IF NOT EXISTS removals
(
    project LowCardinality(String),
    batch UUID,
    kind LowCardinality(String) COMMENT 'runs or payloads',
    before DateTime64(6, 'UTC'),
    runs UInt64 COMMENT 'runs that are removed, or whose payloads are',
    spans UInt64,
    bytes UInt64 COMMENT 'by which the tables became smaller on the disk',
    started DateTime64(6, 'UTC'),
    finished DateTime64(6, 'UTC') COMMENT '1970: not finished',
    updated DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (project, batch);

-- Of batches that are not finished: the traces that are being removed, or those whose payloads are kept.
CREATE TABLE IF NOT EXISTS retention_traces
(
    batch UUID,
    trace_id FixedString(16)
)
ENGINE = MergeTree
ORDER BY (batch, trace_id);
