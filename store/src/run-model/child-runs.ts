import type { ChildRun, Content, RunRecord, Status } from './run.ts'

/** A run that another one started, as far as the record of that one says anything of it. */
export interface NestedRun
  extends Pick<RunRecord, 'inputTokens' | 'outputTokens' | 'cost' | 'unpricedTokens'> {
  readonly runId: string
  readonly parentRunId: string
  readonly flow: string
  readonly status: Status
  /** Its own. */
  readonly contents: readonly Content[]
}

interface Sum extends NestedRun {
  contents: Content[]
  inputTokens: number
  outputTokens: number
  cost: number
  unpricedTokens: number
}

/**
 * The children of runs, by the id of their parent, in the order of `nested`. Each has what it and all runs below it recorded and used.
 * @param nested with all runs below them
 */
export function describeChildren(nested: readonly NestedRun[]): Map<string, ChildRun[]> {
  const sums = new Map(
    nested.map((run): [string, Sum] => [run.runId, { ...run, contents: [...run.contents] }]),
  )
  for (const run of nested) {
    const seen = new Set([run.runId])
    let above = sums.get(run.parentRunId)
    // Ids are declared: a run may be said to be below itself.
    while (above !== undefined && !seen.has(above.runId)) {
      seen.add(above.runId)
      above.contents.push(...run.contents)
      above.inputTokens += run.inputTokens
      above.outputTokens += run.outputTokens
      above.cost += run.cost
      above.unpricedTokens += run.unpricedTokens
      above = sums.get(above.parentRunId)
    }
  }
  const children = [...sums.values()].map(({ parentRunId, contents, ...child }) => ({
    parentRunId,
    child: { ...child, contents: distinct(contents) },
  }))
  return new Map(
    [...Map.groupBy(children, ({ parentRunId }) => parentRunId)].map(([parentRunId, found]) => [
      parentRunId,
      found.map(({ child }) => child),
    ]),
  )
}

/** Each once, by kind and name. */
function distinct(contents: readonly Content[]): Content[] {
  const found = new Map(contents.map((content) => [`${content.kind}\0${content.name}`, content]))
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, content]) => content)
}
