import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Store } from '@weir/store'
import { type Case, canonicalJson, getDatasetCases, hashCases, resolveDataset } from '@weir/store/evaluations'
import { decodeUtf8, ExactJsonError, parseExact, requireExact, Utf8Error } from '@weir/store/text'
import { z } from 'zod'
import { DEEPEST, isTooDeep } from '../checks/nesting.ts'
import { messageOf, UsageError } from '../errors.ts'
import { isDataSource } from './data-source.ts'
import type { CaseInput, Evaluation } from './definition.ts'
import { RepeatedKeyError, requireUniqueKeys } from './unique-keys.ts'

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
    return checked(evaluation.name, await readJsonLines(toPath(data.path, file)))
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

/**
 * Cases of a file in UTF-8 with one JSON object per line; empty lines are skipped. Integers beyond 2^53 are bigints.
 * @throws UsageError that names the line
 */
export async function readJsonLines(path: string): Promise<CaseInput<unknown>[]> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new UsageError(`Cannot read ${path}: ${cause.message}`, { cause })
  })
  try {
    return parseJsonLines(decodeUtf8(bytes), path)
  } catch (cause) {
    if (cause instanceof Utf8Error) throw new UsageError(`${path} ${cause.message}.`, { cause })
    throw cause
  }
}

const caseLine = z
  .looseObject({ input: z.unknown() })
  .refine((value) => 'input' in value, 'expected an "input"')

function parseJsonLines(text: string, path: string): CaseInput<unknown>[] {
  return text.split('\n').flatMap((read, index) => {
    // Where files that have one were joined, a byte order mark is in the middle.
    const line = read.replace(/^\uFEFF/, '')
    if (line.trim() === '') return []
    const fail = (problem: string, cause: unknown) =>
      new UsageError(`${path}:${index + 1}: ${problem}`, { cause })
    try {
      const value = caseLine.parse(parseExact(line)) as CaseInput<unknown>
      requireUniqueKeys(line)
      requireExact(value)
      return [value]
    } catch (cause) {
      if (cause instanceof ExactJsonError || cause instanceof RepeatedKeyError)
        throw fail(`${cause.message}.`, cause)
      const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)
      throw fail(`expected a JSON object with an "input". ${problem}`, cause)
    }
  })
}

const written = z.object({
  id: z.union([z.string().min(1), z.number(), z.bigint()]).optional(),
  input: z.unknown(),
  reference: z.unknown().optional(),
  tags: z.array(z.string()).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

/** Gives every case an id. Refuses two of the same, and what would be another value once it was written as JSON. */
export function toCases(evaluation: string, inputs: readonly unknown[]): Case[] {
  const parsed = z.array(written).safeParse(inputs)
  if (!parsed.success)
    throw new UsageError(`The cases of "${evaluation}" are not valid.\n${z.prettifyError(parsed.error)}`)
  const deep = parsed.data.findIndex((item) => isTooDeep(Object.values(item)))
  if (deep !== -1)
    throw new UsageError(
      `Case ${deep + 1} of "${evaluation}" is nested deeper than ${DEEPEST} levels: give what is so deep as JSON text.`,
    )
  inputs.forEach((input, index) => {
    try {
      requireExact(input)
    } catch (cause) {
      throw new UsageError(
        `The cases of "${evaluation}" are not valid: in case ${index + 1}, ${messageOf(cause)}.`,
        { cause },
      )
    }
  })
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
