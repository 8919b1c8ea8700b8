-- An insert into `spans` that is repeated after its answer was lost is known by its token. The tables behind the views
-- have to know it too: the first try may have reached some of the tables and not the others.
-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'unsettled_traces'
ALTER TABLE unsettled_traces MODIFY SETTING non_replicated_deduplication_window = 1000;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'run_traces'
ALTER TABLE run_traces MODIFY SETTING non_replicated_deduplication_window = 1000;
