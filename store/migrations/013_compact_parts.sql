-- A part as inserts leave it has all its columns in one file: with one or two files a column, making and syncing some
-- hundred files costs an insert more than its rows do. Merges make larger parts, which have a file per column.
ALTER TABLE spans MODIFY SETTING min_bytes_for_wide_part = 134217728;

ALTER TABLE runs MODIFY SETTING min_bytes_for_wide_part = 134217728;
