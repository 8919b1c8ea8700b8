CREATE TABLE IF NOT EXISTS monitors
(
    project LowCardinality(String),
    name String,
    flow String,
    definition String COMMENT 'JSON: the checks',
    sample Float64 COMMENT '0..1 of the runs, chosen by a hash of the run id',
    created DateTime64(3, 'UTC') COMMENT 'runs that settled before it are not judged',
    updated DateTime64(6, 'UTC') DEFAULT now64(6),
    is_deleted UInt8 DEFAULT 0
)
ENGINE = ReplacingMergeTree(updated, is_deleted)
ORDER BY (project, name);

-- Judgements of single runs: by monitors now, by people and the API later. Judging again replaces the row.
CREATE TABLE IF NOT EXISTS scores
(
    project LowCardinality(String),
    run_id String,
    source LowCardinality(String) COMMENT 'monitor, human or api',
    author String COMMENT 'the monitor''s name, or who scored',
    name String,
    kind LowCardinality(String) COMMENT 'check or scorer',
    flow LowCardinality(String),
    run_start DateTime64(9, 'UTC'),
    outcome LowCardinality(String),
    score Float64,
    reason String,
    created DateTime64(6, 'UTC') DEFAULT now64(6),
    INDEX flow_set flow TYPE set(100) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (project, run_id, source, author, name);
