import { relative } from 'node:path'
import type { ExitCode } from '@weir/config'
import { type EvaluationCode, type ExperimentReport, exitCodeOf, findEvalFiles } from '@weir/evaluator'
import { printError, printProblem } from '../print.ts'
import { FileWatch } from './file-watch.ts'
import { requireOneFileEach } from './load-evaluations.ts'

export interface Ran {
  readonly reports: readonly ExperimentReport[]
  /** The first error; what could be evaluated is reported all the same. */
  readonly failure: { readonly error: unknown } | undefined
  readonly exitCode: ExitCode
}

interface Watching {
  /** Where evaluations are looked for. */
  readonly paths: readonly string[]
  readonly codes: readonly EvaluationCode[]
  readonly load: (file: string) => Promise<EvaluationCode[]>
  readonly run: (codes: readonly EvaluationCode[]) => Promise<Ran>
  readonly first: Ran
  readonly signal: AbortSignal
}

/**
 * Runs evaluations again whose files changed, and new ones, until `signal` aborts. A file that cannot be loaded waits for its next change.
 * @returns how the last run ended
 */
export async function rerunChanged({ paths, codes, load, run, first, signal }: Watching): Promise<Ran> {
  const watch = new FileWatch()
  const loaded = new Map(Map.groupBy(codes, ({ file }) => file!))
  const filesOf = new Map(
    [...loaded].map(([file, own]) => [file, new Set(own.flatMap(({ files }) => files))]),
  )
  let last = first
  tell(last)
  for (;;) {
    const followed = new Set([...filesOf.values()].flatMap((files) => [...files]))
    watch.follow(followed)
    printError(`Watching ${followed.size} files; Ctrl-C ends.`)
    const changed = await watch.next(signal)
    if (changed === undefined) break
    const found = await findEvalFiles(paths)
    for (const file of filesOf.keys()) {
      if (found.includes(file)) continue
      filesOf.delete(file)
      loaded.delete(file)
    }
    const stale = found.filter((file) => [...(filesOf.get(file) ?? [file])].some((one) => changed.has(one)))
    if (stale.length === 0) continue
    printError('', `Changed: ${[...changed].map((file) => relative(process.cwd(), file)).join(', ')}`)
    const problems: unknown[] = []
    for (const file of stale) {
      loaded.delete(file)
      filesOf.set(file, new Set([file, ...(filesOf.get(file) ?? [])]))
      try {
        const own = await load(file)
        filesOf.set(file, new Set(own.flatMap(({ files }) => files)))
        loaded.set(file, own)
      } catch (error) {
        problems.push(error)
      }
    }
    last = await runLoaded(
      stale.flatMap((file) => loaded.get(file) ?? []),
      [...loaded.values()].flat(),
      run,
      problems,
    )
    tell(last)
  }
  watch.close()
  return last
}

/** Runs what could be loaded of what changed; the first problem is how it ended. */
async function runLoaded(
  ready: readonly EvaluationCode[],
  all: readonly EvaluationCode[],
  run: Watching['run'],
  problems: readonly unknown[],
): Promise<Ran> {
  try {
    requireOneFileEach(all)
    const ran = ready.length === 0 ? undefined : await run(ready)
    const failure = problems.length === 0 ? ran?.failure : { error: problems[0] }
    const exitCode = failure === undefined ? (ran?.exitCode ?? 0) : exitCodeOf(failure.error)
    return { reports: ran?.reports ?? [], failure, exitCode }
  } catch (error) {
    return { reports: [], failure: { error }, exitCode: exitCodeOf(error) }
  }
}

function tell({ failure }: Ran): void {
  if (failure !== undefined)
    printProblem(failure.error instanceof Error ? failure.error.message : failure.error)
}
