-- What was settled leaves the table when its rows meet in a merge. Every pass reads what is left, so parts are merged
-- early, and what no merge of equals reaches is merged after a minute.
-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'unsettled_traces'
ALTER TABLE unsettled_traces MODIFY SETTING merge_selector_base = 2, min_age_to_force_merge_seconds = 60;

-- Whether the pass had written a run of the trace: it was not asked for any more.
ALTER TABLE settling_known DROP COLUMN IF EXISTS again;
