import type { Subject } from './check.ts'
import { formatDuration } from './duration.ts'
import type { Execution, Recorded } from './executions.ts'

/** Executions named in a reason at most; a run may have thousands. */
const SHOWN = 20

const NOUNS: Readonly<Record<Subject, string>> = {
  steps: 'steps',
  tools: 'tool calls',
  models: 'model calls',
  agents: 'agent calls',
  retrievers: 'retriever calls',
  embedders: 'embedder calls',
  childRuns: 'child runs',
}

/** `Steps: plan ok 12 ms, search#1 error 30 ms (3 attempts).` */
export function executionsText({ of, executions }: Recorded): string {
  if (executions.length === 0) return `The run has no ${NOUNS[of]}.`
  const shown = executions
    .slice(0, SHOWN)
    .map((execution) => executionText(of, execution))
    .join(', ')
  const rest = executions.length - SHOWN
  return `${listHead(of)} ${shown}${rest > 0 ? ` and ${rest} more` : ''}.`
}

/** What a list of executions begins with: `Tool calls:`. */
export function listHead(of: Subject): string {
  const noun = NOUNS[of]
  return `${noun[0]!.toUpperCase()}${noun.slice(1)}:`
}

/** `no tool calls`. */
export function noneText(of: Subject): string {
  return `no ${NOUNS[of]}`
}

function executionText(of: Subject, execution: Execution): string {
  const took = of === 'childRuns' ? '' : ` ${tookText(execution)}`
  const attempts = execution.attempts > 1 ? ` (${execution.attempts} attempts)` : ''
  const fallback = execution.fallback ? ' (fallback)' : ''
  return `${executionName(execution)} ${execution.status}${took}${attempts}${fallback}`
}

/** `12 ms`, `12 ms +/- 3 ms`. */
export function tookText({ durationNs, uncertainNs }: Execution): string {
  const margin = uncertainNs === 0 ? '' : ` +/- ${formatDuration(uncertainNs)}`
  return `${formatDuration(durationNs)}${margin}`
}

/** `search` for the first occurrence, `search#1` for the second. */
export function executionName({ name, occurrence }: Execution): string {
  return occurrence === 0 ? name : `${name}#${occurrence}`
}
