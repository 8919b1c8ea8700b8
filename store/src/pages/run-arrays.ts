import type { CallRecord, ModelUse, StepRecord } from '../run-model/run.ts'

/** Of each member of a record, the column of `runs` with the values of all records. */
type Columns<Item> = Readonly<Record<keyof Item & string, string>>

const STEP_COLUMNS: Columns<Omit<StepRecord, 'detail'>> = {
  name: 'step_names',
  occurrence: 'step_occurrences',
  kind: 'step_kinds',
  status: 'step_statuses',
  startNs: 'step_starts_ns',
  durationNs: 'step_durations_ns',
  uncertainNs: 'step_uncertain_ns',
  attempts: 'step_attempts',
  fallback: 'step_fallbacks',
  parent: 'step_parents',
}

const CALL_COLUMNS: Columns<Omit<CallRecord, 'detail'>> = {
  name: 'call_names',
  kind: 'call_kinds',
  status: 'call_statuses',
  startNs: 'call_starts_ns',
  durationNs: 'call_durations_ns',
  uncertainNs: 'call_uncertain_ns',
  step: 'call_steps',
}

const MODEL_COLUMNS: Columns<ModelUse> = {
  model: 'models',
  provider: 'model_providers',
  calls: 'model_calls',
  errors: 'model_errors',
  inputTokens: 'model_input_tokens',
  outputTokens: 'model_output_tokens',
  cachedInputTokens: 'model_cached_input_tokens',
  reasoningTokens: 'model_reasoning_tokens',
  cost: 'model_costs',
  unpricedTokens: 'model_unpriced_tokens',
  durationNs: 'model_durations_ns',
}

/** SQL: parallel arrays of `runs AS run` under their own names. Records would be planned in each query, and each would have its members' names in JSON. */
function select(columns: Readonly<Record<string, string>>): string {
  return Object.values(columns)
    .map((column) => `run.${column} AS ${column}`)
    .join(', ')
}

export const STEPS: string = select(STEP_COLUMNS)
export const CALLS: string = select(CALL_COLUMNS)
export const MODELS: string = select(MODEL_COLUMNS)

/** By column, of one run. */
export type Arrays = Readonly<Record<string, readonly unknown[]>>

/** Selected by {@link STEPS}. */
export function toSteps(arrays: Arrays): StepRecord[] {
  return toRecords<StepRecord>(arrays, STEP_COLUMNS).map((step) => ({
    ...step,
    fallback: Boolean(step.fallback),
  }))
}

/** Selected by {@link CALLS}. */
export function toCalls(arrays: Arrays): CallRecord[] {
  return toRecords(arrays, CALL_COLUMNS)
}

/** Selected by {@link MODELS}. */
export function toModels(arrays: Arrays): ModelUse[] {
  return toRecords(arrays, MODEL_COLUMNS)
}

function toRecords<Item>(arrays: Arrays, columns: Readonly<Record<string, string>>): Item[] {
  const members = Object.entries(columns)
  return arrays[members[0]![1]]!.map((_, at) => {
    return Object.fromEntries(members.map(([member, column]) => [member, arrays[column]![at]])) as Item
  })
}

const ARRAYS = new Set(
  [STEP_COLUMNS, CALL_COLUMNS, MODEL_COLUMNS].flatMap((columns) => Object.values(columns)),
)

/** A selected row without its arrays, and these. */
export function splitArrays<Row extends object>(row: Row): { readonly rest: Row; readonly arrays: Arrays } {
  const rest: Record<string, unknown> = {}
  const arrays: Record<string, readonly unknown[]> = {}
  for (const [name, value] of Object.entries(row)) {
    if (ARRAYS.has(name)) arrays[name] = value
    else rest[name] = value
  }
  return { rest: rest as Row, arrays }
}
