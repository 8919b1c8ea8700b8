-- The different resources and scopes of spans: few of them have an attribute that is looked for, so few spans, if any, are looked at for
-- it. A row stays as long as there are spans that it is of.
CREATE TABLE IF NOT EXISTS resources
(
    project LowCardinality(String),
    resource String COMMENT 'as in spans' CODEC(ZSTD(1)),
    scope String COMMENT 'as in spans' CODEC(ZSTD(1)),
    seen DateTime64(3, 'UTC') COMMENT 'receipt of the newest span with both'
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (project, resource, scope)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS resources_from_spans TO resources AS
SELECT project, resource, scope, max(received) AS seen
FROM spans
GROUP BY project, resource, scope;

-- What was there before the view.
INSERT INTO resources
SELECT project, resource, scope, max(received) AS seen
FROM spans
GROUP BY project, resource, scope;
