-- Runs and minutes without partitions, for the reason that spans have none (see 007), and runs with an index of words.
-- Each table is copied into a new one that takes its place, as in 007. What is left of the old one only keeps its name.

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'runs' AND partition_key LIKE 'toYYYYMM%'
CREATE TABLE IF NOT EXISTS whole_runs AS runs
ENGINE = ReplacingMergeTree(settled, is_deleted)
PARTITION BY tuple()
ORDER BY (project, flow, start, run_id)
SETTINGS merge_selector_base = 16;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'runs' AND partition_key LIKE 'toYYYYMM%'
ALTER TABLE whole_runs
    MODIFY COLUMN run_id CODEC(ZSTD(1)),
    MODIFY COLUMN session_id CODEC(ZSTD(1)),
    MODIFY COLUMN user_id CODEC(ZSTD(1)),
    MODIFY COLUMN start CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN duration_ns CODEC(T64, ZSTD(1)),
    MODIFY COLUMN input_tokens CODEC(T64, ZSTD(1)),
    MODIFY COLUMN output_tokens CODEC(T64, ZSTD(1)),
    MODIFY COLUMN cost CODEC(ZSTD(1)),
    MODIFY COLUMN step_starts_ns CODEC(T64, ZSTD(1)),
    MODIFY COLUMN step_durations_ns CODEC(T64, ZSTD(1));

-- Words end at ASCII's punctuation; that of other scripts (quotes, dashes, full stops of CJK) becomes spaces before.
-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'runs' AND partition_key LIKE 'toYYYYMM%'
ALTER TABLE whole_runs ADD INDEX IF NOT EXISTS words
    concatWithSeparator(' ', run_id, input, output, error_type, error_message, arrayStringConcat(step_names, ' '))
    TYPE text(tokenizer = 'splitByNonAlpha', preprocessor = replaceRegexpAll(
        lowerUTF8(concatWithSeparator(' ', run_id, input, output, error_type, error_message, arrayStringConcat(step_names, ' '))),
        '[\\x{2000}-\\x{206f}\\x{3000}-\\x{303f}\\x{ff00}-\\x{ff0f}«»¿¡]', ' '));

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'runs' AND partition_key LIKE 'toYYYYMM%'
INSERT INTO whole_runs SELECT * FROM runs;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'runs' AND partition_key LIKE 'toYYYYMM%'
RENAME TABLE runs TO replaced_runs;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() HAVING countIf(name = 'replaced_runs') = 1 AND countIf(name = 'runs') = 0
RENAME TABLE whole_runs TO runs;

TRUNCATE TABLE IF EXISTS replaced_runs;

DROP TABLE IF EXISTS whole_runs;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'run_minutes' AND partition_key LIKE 'toYYYYMM%'
CREATE TABLE IF NOT EXISTS whole_run_minutes AS run_minutes
ENGINE = ReplacingMergeTree(settled, is_deleted)
PARTITION BY tuple()
PRIMARY KEY (project, flow, minute, environment, service, version, source)
ORDER BY (project, flow, minute, environment, service, version, source, slice);

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'run_minutes' AND partition_key LIKE 'toYYYYMM%'
INSERT INTO whole_run_minutes SELECT * FROM run_minutes;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'run_minutes' AND partition_key LIKE 'toYYYYMM%'
RENAME TABLE run_minutes TO replaced_run_minutes;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() HAVING countIf(name = 'replaced_run_minutes') = 1 AND countIf(name = 'run_minutes') = 0
RENAME TABLE whole_run_minutes TO run_minutes;

TRUNCATE TABLE IF EXISTS replaced_run_minutes;

DROP TABLE IF EXISTS whole_run_minutes;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'step_minutes' AND partition_key LIKE 'toYYYYMM%'
CREATE TABLE IF NOT EXISTS whole_step_minutes AS step_minutes
ENGINE = ReplacingMergeTree(settled, is_deleted)
PARTITION BY tuple()
PRIMARY KEY (project, flow, minute, environment, service, version, source, step, kind)
ORDER BY (project, flow, minute, environment, service, version, source, step, kind, slice);

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'step_minutes' AND partition_key LIKE 'toYYYYMM%'
INSERT INTO whole_step_minutes SELECT * FROM step_minutes;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'step_minutes' AND partition_key LIKE 'toYYYYMM%'
RENAME TABLE step_minutes TO replaced_step_minutes;

-- only while: SELECT 1 FROM system.tables WHERE database = currentDatabase() HAVING countIf(name = 'replaced_step_minutes') = 1 AND countIf(name = 'step_minutes') = 0
RENAME TABLE whole_step_minutes TO step_minutes;

TRUNCATE TABLE IF EXISTS replaced_step_minutes;

DROP TABLE IF EXISTS whole_step_minutes;
