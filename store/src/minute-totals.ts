/** SQL: an aggregate of the durations where a condition holds. */
export type DurationState = (value: string, condition: string) => string

/** As they are kept for each minute: each cut to 8 significant bits, so at most 0.8 % less. */
export const SKETCH_STATE: DurationState = (value, condition) =>
  `quantilesBFloat16StateIf(0.5, 0.95, 0.99)(${value}, ${condition})`

/** What is counted of the runs of a minute, or of their steps: when they settle, and by pages whose filter minutes cannot answer. */
export interface Totals {
  readonly groups: string
  /** Columns of `aggregates`. */
  readonly columns: string
  readonly aggregates: (state: DurationState) => string
  readonly join: string
}

const GROUPS = 'project, flow, minute, environment, service, version, source'

export const RUN_TOTALS: Totals = {
  groups: GROUPS,
  columns: 'runs, errors, duration_quantiles, input_tokens, output_tokens, cost, unpriced_tokens',
  aggregates: (state) => `
    count() AS runs,
    countIf(status = 'error') AS errors,
    ${state('duration_ns', 'NOT incomplete')} AS duration_quantiles,
    sum(run.input_tokens) AS input_tokens, sum(run.output_tokens) AS output_tokens, sum(run.cost) AS cost,
    sum(run.unpriced_tokens) AS unpriced_tokens`,
  join: '',
}

export const STEP_TOTALS: Totals = {
  groups: `${GROUPS}, step, kind`,
  columns: `executions, errors, retried, fallbacks, start_offset_sum, duration_quantiles, input_tokens, output_tokens, cost,
    unpriced_tokens`,
  aggregates: (state) => `
    count() AS executions,
    countIf(step_status = 'error') AS errors,
    countIf(attempts > 1) AS retried,
    countIf(fallback) AS fallbacks,
    sum(toFloat64(offset)) AS start_offset_sum,
    ${state('step_duration_ns', "step_status IN ('ok', 'error')")} AS duration_quantiles,
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
  state: DurationState = SKETCH_STATE,
  where = '1',
): string {
  return `
  SELECT ${groups.replace('minute', 'toStartOfMinute(start) AS minute')}, ${aggregates(state)}
  FROM ${runs} ${join}
  WHERE ${where}
  GROUP BY ${groups}`
}
