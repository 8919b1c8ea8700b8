-- For databases that an earlier version made: a table that nothing used.
DROP TABLE IF EXISTS projects;

-- Durations of minutes: it kept states of an aggregate function, which took two to three times
-- as long to read. All minutes are counted anew from their runs.
ALTER TABLE run_minutes
    ADD COLUMN IF NOT EXISTS duration_values Array(BFloat16)
        COMMENT 'the different durations of runs that have ended, ns, cut to 8 significant bits' AFTER errors,
    ADD COLUMN IF NOT EXISTS duration_counts Array(UInt32) COMMENT 'how often each came' AFTER duration_values;

ALTER TABLE run_minutes DROP COLUMN IF EXISTS duration_quantiles;

TRUNCATE TABLE run_minutes;

INSERT INTO run_minutes (
    project, flow, minute, environment, service, version, source, runs, errors, duration_values, duration_counts, input_tokens,
    output_tokens, cost, unpriced_tokens, settled
)
SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, count(), countIf(status = 'error'),
    arrayCompact(arraySort(groupArrayIf(toBFloat16(duration_ns), NOT incomplete)) AS all_durations),
    arrayFilter((count, duration, next) -> duration != next, arrayEnumerateUniq(all_durations), all_durations,
        arrayShiftLeft(all_durations, 1, toBFloat16(-1))),
    sum(input_tokens), sum(output_tokens), sum(cost), sum(unpriced_tokens), now64(6, 'UTC')
FROM runs FINAL
WHERE start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC') AND start < toDateTime64('2106-02-07 06:28:00', 9, 'UTC')
GROUP BY project, flow, minute, environment, service, version, source
SETTINGS max_bytes_before_external_group_by = 1000000000;

ALTER TABLE step_minutes
    ADD COLUMN IF NOT EXISTS duration_values Array(BFloat16)
        COMMENT 'as in run_minutes, of executions that ran to an end' AFTER start_offset_sum,
    ADD COLUMN IF NOT EXISTS duration_counts Array(UInt32) AFTER duration_values;

ALTER TABLE step_minutes DROP COLUMN IF EXISTS duration_quantiles;

TRUNCATE TABLE step_minutes;

INSERT INTO step_minutes (
    project, flow, minute, environment, service, version, source, step, kind, executions, errors, retried, fallbacks, start_offset_sum,
    duration_values, duration_counts, input_tokens, output_tokens, cost, unpriced_tokens, settled
)
SELECT
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, step, kind, count(),
    countIf(step_status = 'error'), countIf(attempts > 1), countIf(fallback), sum(toFloat64(offset)),
    arrayCompact(arraySort(groupArrayIf(toBFloat16(step_ns), step_status IN ('ok', 'error'))) AS all_durations),
    arrayFilter((count, duration, next) -> duration != next, arrayEnumerateUniq(all_durations), all_durations,
        arrayShiftLeft(all_durations, 1, toBFloat16(-1))),
    sum(step_input), sum(step_output), sum(step_cost), sum(step_unpriced), now64(6, 'UTC')
FROM runs FINAL
ARRAY JOIN step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_durations_ns AS step_ns, step_attempts AS attempts,
    step_fallbacks AS fallback, step_starts_ns AS offset, step_input_tokens AS step_input, step_output_tokens AS step_output,
    step_costs AS step_cost, step_unpriced_tokens AS step_unpriced
WHERE start >= toDateTime64('1970-01-01 00:00:00', 9, 'UTC') AND start < toDateTime64('2106-02-07 06:28:00', 9, 'UTC')
GROUP BY project, flow, minute, environment, service, version, source, step, kind
SETTINGS max_bytes_before_external_group_by = 1000000000;
