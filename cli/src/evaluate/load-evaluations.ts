import { availableParallelism } from 'node:os'
import { UsageError } from '@weir/config'
import {
  type EvaluationCode,
  type EvaluationMode,
  inProcess,
  loadEvalFile,
  loadInChild,
  prepareMode,
  registerTypeScript,
  requireAvailable,
} from '@weir/evaluator'
import type { RunnerProcesses } from '@weir/evaluator/runner'
import { type EvalOptions, isStdoutTaken } from './eval-options.ts'

/** Makes this process ready to load evaluations. */
export async function prepareLoading(
  file: string,
  mode: EvaluationMode,
  options: EvalOptions,
): Promise<void> {
  if (options.inProcess) {
    await registerTypeScript(file)
    await prepareMode(mode)
  } else if (mode.kind === 'recorded') await requireAvailable(mode.store, mode)
  // What tasks print must not be in the report.
  if (isStdoutTaken(options)) process.stdout.write = process.stderr.write.bind(process.stderr)
}

/** Files that load at once, each in a process of its own. */
const MOST_LOADING = 4

/** All files are loaded before anything runs, so that a mistake in the last one shows at once. */
export async function loadAll(
  files: readonly string[],
  load: (file: string, nth: number) => Promise<EvaluationCode[]>,
  { inProcess, variant }: EvalOptions,
): Promise<EvaluationCode[]> {
  const loaded: EvaluationCode[][] = []
  const left = files.entries()
  const loadSome = async (): Promise<void> => {
    for (const [nth, file] of left) loaded[nth] = await load(file, nth)
  }
  const atOnce = inProcess ? 1 : Math.min(MOST_LOADING, availableParallelism())
  await Promise.all(Array.from({ length: atOnce }, loadSome))
  const codes = loaded.flat()
  requireOneFileEach(codes)
  requireVariants(codes, variant)
  return codes
}

/** Those whose name is asked for; all where the filter may be that of a case. */
export function namedBy(
  codes: readonly EvaluationCode[],
  filter: string | undefined,
): readonly EvaluationCode[] {
  const named = codes.filter(({ outline }) => filter === undefined || outline.name.includes(filter))
  return named.length > 0 ? named : codes
}

/** @param processes for the file; undefined: it is loaded in this one */
export async function loadOne(
  file: string,
  mode: EvaluationMode,
  processes: RunnerProcesses | undefined,
): Promise<EvaluationCode[]> {
  if (processes !== undefined) return loadInChild(file, processes)
  const recording = mode.kind === 'recorded' ? 'collector' : 'memory'
  return (await loadEvalFile(file)).map((one) => inProcess(one, recording, file))
}

/** A misspelt one would leave out what its author wants to see. */
function requireVariants(codes: readonly EvaluationCode[], wanted: readonly string[] = []): void {
  const known = new Set(codes.flatMap(({ outline }) => outline.variants.map(({ name }) => name)))
  const unknown = wanted.find((name) => !known.has(name))
  if (unknown === undefined) return
  const names = [...known].filter((name) => name !== '').join(', ') || 'none'
  throw new UsageError(`No evaluation has the variant "${unknown}". There are: ${names}.`)
}

/** Baselines, pages and reports know an evaluation by its name alone. */
export function requireOneFileEach(codes: readonly EvaluationCode[]): void {
  const fileOf = new Map<string, string | undefined>()
  for (const { outline, file } of codes) {
    if (fileOf.has(outline.name))
      throw new UsageError(
        `Two evaluations are named "${outline.name}": one in ${fileOf.get(outline.name)}, one in ${file}. Give each its own name.`,
      )
    fileOf.set(outline.name, file)
  }
}
