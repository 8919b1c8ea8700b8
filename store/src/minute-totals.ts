/** SQL: columns that have the durations where a condition holds. */
export type DurationColumns = (value: string, condition: string) => string

/**
 * As they are kept for each minute: the different ones, and how often each came. Each is cut to 8 significant bits, so it is at most 0.8 %
 * less. Of equal values in a row, the last one knows their number.
 */
export const ROUNDED_DURATIONS: DurationColumns = (value, condition) => `
    arrayCompact(arraySort(groupArrayIf(toBFloat16(${value}), ${condition})) AS all_durations) AS duration_values,
    arrayFilter((count, duration, next) -> duration != next,
      arrayEnumerateUniq(all_durations), all_durations, arrayShiftLeft(all_durations, 1, toBFloat16(-1))) AS duration_counts`

/** What is counted of the runs of a minute, or of their steps: when they settle, and by pages whose filter minutes cannot answer. */
export interface Totals {
  readonly groups: string
  /** Columns of `aggregates`. */
  readonly columns: string
  readonly aggregates: (durations: DurationColumns) => string
  readonly join: string
}

const GROUPS = 'project, flow, minute, environment, service, version, source'

export const RUN_TOTALS: Totals = {
  groups: GROUPS,
  columns:
    'runs, errors, duration_values, duration_counts, input_tokens, output_tokens, cost, unpriced_tokens',
  aggregates: (durations) => `
    count() AS runs,
    countIf(status = 'error') AS errors,
    ${durations('duration_ns', 'NOT incomplete')},
    sum(run.input_tokens) AS input_tokens, sum(run.output_tokens) AS output_tokens, sum(run.cost) AS cost,
    sum(run.unpriced_tokens) AS unpriced_tokens`,
  join: '',
}

export const STEP_TOTALS: Totals = {
  groups: `${GROUPS}, step, kind`,
  columns: `executions, errors, retried, fallbacks, start_offset_sum, duration_values, duration_counts, input_tokens, output_tokens, cost,
    unpriced_tokens`,
  aggregates: (durations) => `
    count() AS executions,
    countIf(step_status = 'error') AS errors,
    countIf(attempts > 1) AS retried,
    countIf(fallback) AS fallbacks,
    sum(toFloat64(offset)) AS start_offset_sum,
    ${durations('step_duration_ns', "step_status IN ('ok', 'error')")},
    sum(step_tokens_in) AS input_tokens, sum(step_tokens_out) AS output_tokens, sum(step_cost) AS cost,
    sum(step_tokens_unpriced) AS unpriced_tokens`,
  join: `
  ARRAY JOIN
    step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_durations_ns AS step_duration_ns,
    step_attempts AS attempts, step_fallbacks AS fallback, step_starts_ns AS offset,
    step_input_tokens AS step_tokens_in, step_output_tokens AS step_tokens_out, step_costs AS step_cost,
    step_unpriced_tokens AS step_tokens_unpriced`,
}

/** SQL: the totals per minute of runs, such as `runs AS run FINAL`; the relation has to be called `run`. */
export function minutesSql(
  { groups, aggregates, join }: Totals,
  runs: string,
  durations: DurationColumns = ROUNDED_DURATIONS,
  where = '1',
): string {
  return `
  SELECT ${groups.replace('minute', 'toStartOfMinute(start) AS minute')}, ${aggregates(durations)}
  FROM ${runs} ${join}
  WHERE ${where}
  GROUP BY ${groups}`
}
