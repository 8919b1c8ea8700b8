-- Datasets are content-addressed: a version names a content hash, cases belong to the hash. Of several pushes that take the same
-- version at once, one is stored: each insert of a version has the version as its token.
CREATE TABLE IF NOT EXISTS datasets
(
    project LowCardinality(String),
    name String,
    version UInt32 COMMENT '1..n',
    content_hash String COMMENT 'SHA-256 hex of the canonical JSON lines',
    case_count UInt32,
    created DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (project, name, version)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS cases
(
    project LowCardinality(String),
    dataset String,
    content_hash String,
    position UInt32,
    case_id String,
    input String COMMENT 'JSON text' CODEC(ZSTD(1)),
    reference String COMMENT 'JSON text, empty: none' CODEC(ZSTD(1)),
    tags Array(String),
    metadata String COMMENT 'JSON text'
)
ENGINE = ReplacingMergeTree
ORDER BY (project, dataset, content_hash, position);

-- One row per experiment, replaced as it goes on; the latest `updated` wins.
CREATE TABLE IF NOT EXISTS experiments
(
    project LowCardinality(String),
    experiment_id String,
    evaluation LowCardinality(String),
    variant String,
    flow String,
    version String,
    environment String,
    revision String COMMENT 'VCS revision of the code under test',
    dataset String COMMENT 'name@version, or empty for inline data',
    dataset_hash String,
    baseline_experiment_id String,
    status LowCardinality(String) COMMENT 'running, passed, failed (a gate), error (could not evaluate)',
    planned UInt32 COMMENT 'cases x trials',
    definition String COMMENT 'JSON: checks, scorer names, gates, trials',
    gates String COMMENT 'JSON: outcome of each gate',
    error String COMMENT 'why it could not be evaluated',
    started DateTime64(3, 'UTC'),
    finished DateTime64(3, 'UTC') COMMENT '1970: not finished',
    updated DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(updated)
ORDER BY (project, experiment_id);

-- One row per case x trial x (task, check or scorer). Writing it again replaces it: nothing counts twice.
CREATE TABLE IF NOT EXISTS results
(
    project LowCardinality(String),
    experiment_id String,
    case_id String,
    trial UInt32,
    kind LowCardinality(String) COMMENT 'task, check or scorer',
    name String,
    outcome LowCardinality(String) COMMENT 'passed, failed, unverifiable, error',
    score Float64 COMMENT '0..1 for scorers; checks: 1 passed, 0 otherwise',
    reason String,
    run_id String,
    duration_ns UInt64,
    created DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (project, experiment_id, case_id, trial, kind, name);

CREATE TABLE IF NOT EXISTS baselines
(
    project LowCardinality(String),
    name String,
    evaluation String,
    flow String,
    experiment_id String COMMENT 'empty: a window of production runs',
    version String,
    environment String,
    window_from DateTime64(3, 'UTC'),
    window_to DateTime64(3, 'UTC'),
    promoted DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(promoted)
ORDER BY (project, evaluation, name);
