import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Case, canonicalJson, getDatasetCases, hashCases, resolveDataset, type Store } from '@weir/store'
import { z } from 'zod'
import { DEEPEST, isTooDeep } from '../checks/nesting.ts'
import { messageOf, UsageError } from '../errors.ts'
import { isDataSource } from './data-source.ts'
import type { CaseInput, Evaluation } from './definition.ts'

export interface ResolvedData {
  readonly cases: readonly Case[]
  /** `name@version`, '' for data of the definition or a file. */
  readonly dataset: string
  readonly hash: string
}

/**
 * Reads an evaluation's cases.
 * @param file - the evaluation's file: relative paths start there; undefined: at the working directory
 * @param store - undefined without a server, where stored datasets cannot be read
 */
export async function resolveCases(
  evaluation: Pick<Evaluation, 'name' | 'data'>,
  file: string | undefined,
  store: Store | undefined,
): Promise<ResolvedData> {
  const { data } = evaluation
  if (isDataSource(data)) {
    if (data.type === 'dataset') return readDataset(data.reference, store)
    const path = toPath(data.path, file)
    return checked(evaluation.name, parseJsonLines(await readText(path), path))
  }
  return checked(evaluation.name, typeof data === 'function' ? await data() : data)
}

async function readDataset(reference: string, store: Store | undefined): Promise<ResolvedData> {
  if (store === undefined) {
    throw new UsageError(`dataset('${reference}') is stored in Weir: run without --local, or use jsonl(...).`)
  }
  const version = await resolveDataset(store, { reference })
  if (version === undefined) {
    throw new UsageError(
      `There is no dataset "${reference}". \`weir dataset list\` shows them, \`weir dataset push\` adds one.`,
    )
  }
  const { name, contentHash } = version
  const cases = await getDatasetCases(store, { name, contentHash })
  return { cases, dataset: `${name}@${version.version}`, hash: contentHash }
}

function toPath(path: string, file: string | undefined): string {
  if (path.startsWith('file:')) return fileURLToPath(path)
  return isAbsolute(path) || file === undefined ? resolve(path) : resolve(dirname(file), path)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError(`Cannot read the cases of jsonl('${path}'): ${messageOf(cause)}`, { cause })
  }
}

const caseLine = z
  .looseObject({ input: z.unknown() })
  .refine((value) => 'input' in value, 'expected an "input"')

/** Cases of a file with one JSON object per line; empty lines are skipped. Errors name the line. */
export function parseJsonLines(text: string, path: string): CaseInput<unknown>[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    try {
      return [caseLine.parse(JSON.parse(line)) as CaseInput<unknown>]
    } catch (cause) {
      const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
      throw new UsageError(`${path}:${index + 1}: expected a JSON object with an "input". ${problem}`, {
        cause,
      })
    }
  })
}

const written = z.object({
  id: z.union([z.string().min(1), z.number()]).optional(),
  input: z.unknown(),
  reference: z.unknown().optional(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

/** Gives every case an id and refuses two of the same. */
export function toCases(evaluation: string, inputs: readonly unknown[]): Case[] {
  const parsed = z.array(written).safeParse(inputs)
  if (!parsed.success)
    throw new UsageError(`The cases of "${evaluation}" are not valid.\n${z.prettifyError(parsed.error)}`)
  const deep = parsed.data.findIndex((item) => isTooDeep(Object.values(item)))
  if (deep !== -1)
    throw new UsageError(
      `Case ${deep + 1} of "${evaluation}" is nested deeper than ${DEEPEST} levels: give what is so deep as JSON text.`,
    )
  const cases = parsed.data.map(({ id, input, reference, tags, metadata }) => ({
    // As it is stored, so that two that would be one are refused.
    id: id === undefined ? hashId(input) : String(id).toWellFormed(),
    input,
    ...(reference === undefined ? {} : { reference }),
    ...(tags === undefined ? {} : { tags }),
    ...(metadata === undefined ? {} : { metadata }),
  }))
  const seen = new Set<string>()
  for (const { id } of cases) {
    if (seen.has(id))
      throw new UsageError(`"${evaluation}" has two cases with the id "${id}": give each its own.`)
    seen.add(id)
  }
  return cases
}

function checked(evaluation: string, inputs: readonly unknown[]): ResolvedData {
  const cases = toCases(evaluation, inputs)
  return { cases, dataset: '', hash: hashCases(cases) }
}

function hashId(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex').slice(0, 12)
}
