-- A part as inserts leave it has all its columns in one file: with one or two files a column, making and syncing some
-- hundred files costs an insert more than its rows do. Merges make larger parts, which have a file per column.
ALTER TABLE spans MODIFY SETTING min_bytes_for_wide_part = 134217728;

-- Merging the index of words takes memory with the size of the part: some 2 million runs are enough for one.
ALTER TABLE runs MODIFY SETTING min_bytes_for_wide_part = 134217728, max_bytes_to_merge_at_max_space_in_pool = 536870912;
