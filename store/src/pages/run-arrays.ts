/** Of each member of a record: its name, its type in SQL, and the column of `runs` with the values of all records. */
type Members = readonly (readonly [name: string, type: string, column: string])[]

/** SQL: parallel arrays of `runs AS run` as one array of records, which JSON shows as objects. */
function records(alias: string, members: Members): string {
  const columns = members.map(([, , column]) => `run.${column}`).join(', ')
  const types = members.map(([name, type]) => `${name} ${type}`).join(', ')
  return `CAST(arrayZip(${columns}), 'Array(Tuple(${types}))') AS ${alias}`
}

/** SQL: `steps`, as `StepRecord` has them. */
export const STEPS: string = records('steps', [
  ['name', 'String', 'step_names'],
  ['occurrence', 'UInt32', 'step_occurrences'],
  ['kind', 'String', 'step_kinds'],
  ['status', 'String', 'step_statuses'],
  ['startNs', 'Int64', 'step_starts_ns'],
  ['durationNs', 'UInt64', 'step_durations_ns'],
  ['uncertainNs', 'UInt64', 'step_uncertain_ns'],
  ['attempts', 'UInt32', 'step_attempts'],
  ['fallback', 'Bool', 'step_fallbacks'],
  ['parent', 'Int32', 'step_parents'],
])

/** SQL: `calls`, as `CallRecord` has them. */
export const CALLS: string = records('calls', [
  ['name', 'String', 'call_names'],
  ['kind', 'String', 'call_kinds'],
  ['status', 'String', 'call_statuses'],
  ['startNs', 'Int64', 'call_starts_ns'],
  ['durationNs', 'UInt64', 'call_durations_ns'],
  ['uncertainNs', 'UInt64', 'call_uncertain_ns'],
  ['step', 'Int32', 'call_steps'],
])

/** SQL: `models`, as `ModelUse` has them. */
export const MODELS: string = records('models', [
  ['model', 'String', 'models'],
  ['provider', 'String', 'model_providers'],
  ['calls', 'UInt32', 'model_calls'],
  ['errors', 'UInt32', 'model_errors'],
  ['inputTokens', 'UInt64', 'model_input_tokens'],
  ['outputTokens', 'UInt64', 'model_output_tokens'],
  ['cachedInputTokens', 'UInt64', 'model_cached_input_tokens'],
  ['reasoningTokens', 'UInt64', 'model_reasoning_tokens'],
  ['cost', 'Float64', 'model_costs'],
  ['unpricedTokens', 'UInt64', 'model_unpriced_tokens'],
  ['durationNs', 'UInt64', 'model_durations_ns'],
])
