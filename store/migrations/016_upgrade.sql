-- The indexes of attributes, for databases that an earlier version made. Parts get them when they are merged; until then, their attributes are
-- read. docs/STORAGE.md says how to give them to all parts at once.
ALTER TABLE spans
    DROP INDEX IF EXISTS attribute_bloom,
    ADD INDEX IF NOT EXISTS attribute_pairs arrayMap((key, value) -> reinterpretAsFixedString(cityHash64(key, value)), mapKeys(attributes), mapValues(attributes))
        TYPE text(tokenizer = 'array', posting_list_codec = 'bitpacking'),
    ADD INDEX IF NOT EXISTS new_attribute_pairs arrayMap((key, value) -> reinterpretAsFixedString(cityHash64(key, value)), mapKeys(attributes), mapValues(attributes))
        TYPE bloom_filter(0.01) GRANULARITY 1;

ALTER TABLE spans MODIFY SETTING exclude_materialize_skip_indexes_on_merge = 'new_attribute_pairs';

-- Of runs that were written before, nobody knows whether they have their traces for themselves: so each of them is looked at.
ALTER TABLE runs
    ADD COLUMN IF NOT EXISTS shares_traces UInt8 DEFAULT 1 COMMENT 'spans of its traces belong to other runs' AFTER trace_ids;

-- Lists read few rows, here and there: with smaller blocks they read less beside them.
ALTER TABLE runs MODIFY SETTING min_compress_block_size = 8192;
