/** The canonical fields of a span that dialects know keys for. */
export const FIELDS = [
  'kind',
  'name',
  'flow',
  'runId',
  'parentRunId',
  'declaredStatus',
  'status',
  'session',
  'user',
  'experiment',
  'case',
  'trial',
  'stepIndex',
  'stepAttempts',
  'stepFallback',
  'input',
  'output',
  'model',
  'provider',
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'reasoningTokens',
  'cost',
  'timeToFirstToken',
  'errorType',
  'errorMessage',
  'service',
  'version',
  'environment',
] as const

export type Field = (typeof FIELDS)[number]

/** Fields that may also be said once for all spans of a resource; a span's own key of the same rank wins. */
export const RESOURCE_FIELDS: readonly Field[] = [
  'session',
  'user',
  'experiment',
  'case',
  'trial',
  'service',
  'version',
  'environment',
]
