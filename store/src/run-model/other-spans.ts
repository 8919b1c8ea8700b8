import type { RunRecord } from './run.ts'

/** {@link RunRecord.otherSpans} of a run with so many spans. */
export function countOtherSpans(
  { steps, calls }: Pick<RunRecord, 'steps' | 'calls'>,
  spanCount: number,
  hasRoot: boolean,
): number {
  if (steps.some(({ kind }) => kind === 'step')) return 0
  let others = spanCount - Number(hasRoot)
  for (const { attempts } of steps) others -= attempts
  for (const { name, kind, step } of calls) {
    const around = steps[step]
    // What is a step itself, or a try of it, is counted already.
    if (around === undefined || around.kind !== kind || around.name !== name) others -= 1
  }
  return Math.max(0, others)
}
