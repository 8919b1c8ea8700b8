-- What settling has still to do, as a sum per trace and receipt: spans add, settling subtracts what it saw. Each receipt sums to
-- zero by itself, so that what two passes subtracted at once is not made good by spans that come later. Rows that sum to zero
-- vanish on merge, so the table stays as small as the backlog; a worker that was away for hours finds it all here. Every pass
-- reads what is left, so parts are merged early, and what no merge of equals reaches is merged after a minute.
-- An insert into `spans` that is repeated is known by its token; the tables behind its views have to know it too.
CREATE TABLE IF NOT EXISTS unsettled_traces
(
    project LowCardinality(String),
    trace_id FixedString(16),
    reason LowCardinality(String) COMMENT 'spans: span records came; expiry: look again whether a run has expired',
    received DateTime64(3, 'UTC') COMMENT 'expiry: of the newest span then',
    pending Int64 COMMENT 'not 0: to be settled'
)
ENGINE = SummingMergeTree(pending)
ORDER BY (project, trace_id, reason, received)
SETTINGS non_replicated_deduplication_window = 1000, merge_selector_base = 2, min_age_to_force_merge_seconds = 60;

-- The traces of a run whose id does not say its trace: a run that was continued in another trace is found here.
CREATE TABLE IF NOT EXISTS run_traces
(
    project LowCardinality(String),
    run_id String,
    trace_id FixedString(16)
)
ENGINE = ReplacingMergeTree
ORDER BY (project, run_id, trace_id)
SETTINGS index_granularity = 256, non_replicated_deduplication_window = 1000;

-- A worker remembers which traces it has settled. By this it learns what others settle: each pass says so before it reads
-- its spans, and again when it is done.
CREATE TABLE IF NOT EXISTS settling_passes
(
    settler UUID,
    version DateTime64(6, 'UTC') COMMENT '`settled` of the runs that the pass writes',
    is_done UInt8,
    said DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY said
TTL toDateTime(said) + INTERVAL 1 DAY;
