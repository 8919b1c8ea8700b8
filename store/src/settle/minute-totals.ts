/** What is counted of the runs of a minute, or of their steps. */
export interface Totals {
  readonly columns: string
  /** The values of `columns`, of the runs that are in scope. */
  readonly values: string
  readonly join: string
  readonly groups: string
}

const GROUPS = 'project, flow, minute, environment, service, version, source'

export const RUN_TOTALS: Totals = {
  columns: `${GROUPS}, runs, errors, durations, input_tokens, output_tokens, cost`,
  values: `
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source,
    count() AS runs,
    countIf(status = 'error') AS errors,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(duration_ns, NOT incomplete) AS durations,
    sum(run.input_tokens) AS input_tokens, sum(run.output_tokens) AS output_tokens, sum(run.cost) AS cost`,
  join: '',
  groups: GROUPS,
}

export const STEP_TOTALS: Totals = {
  columns: `${GROUPS}, step, kind, executions, errors, retried, fallbacks, start_offset_sum, durations,
    input_tokens, output_tokens, cost`,
  values: `
    project, flow, toStartOfMinute(start) AS minute, environment, service, version, source, step, kind,
    count() AS executions,
    countIf(step_status = 'error') AS errors,
    countIf(attempts > 1) AS retried,
    countIf(fallback) AS fallbacks,
    sum(toFloat64(offset)) AS start_offset_sum,
    quantilesDDStateIf(0.01, 0.5, 0.95, 0.99)(step_duration_ns, step_status IN ('ok', 'error')) AS durations,
    sum(step_tokens_in) AS input_tokens, sum(step_tokens_out) AS output_tokens, sum(step_cost) AS cost`,
  join: `
  ARRAY JOIN
    step_names AS step, step_kinds AS kind, step_statuses AS step_status, step_durations_ns AS step_duration_ns,
    step_attempts AS attempts, step_fallbacks AS fallback, step_starts_ns AS offset,
    step_input_tokens AS step_tokens_in, step_output_tokens AS step_tokens_out, step_costs AS step_cost`,
  groups: `${GROUPS}, step, kind`,
}

/** SQL: the totals per minute of `runs`, the name of a relation like the table of that name. */
export function minutesOf(runs: string, { values, join, groups }: Totals): string {
  return `
  SELECT ${values}
  FROM ${runs} AS run ${join}
  GROUP BY ${groups}`
}
