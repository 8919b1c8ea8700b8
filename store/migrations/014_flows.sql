-- The flows by whose names a project's runs are counted. Settling adds new ones up to a bound (settle/known-flows.ts);
-- runs of further names are counted as one flow. Flows that have runs already stay.
CREATE TABLE IF NOT EXISTS flows
(
    project LowCardinality(String),
    flow String
)
ENGINE = ReplacingMergeTree
ORDER BY (project, flow);

INSERT INTO flows SELECT DISTINCT project, flow FROM run_minutes WHERE flow != '' AND is_deleted = 0;
