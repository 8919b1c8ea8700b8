import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { type Case, canonicalJson, getDatasetCases, hashCases, resolveDataset } from '@weir/store/evaluations'
import { decodeUtf8, ExactJsonError, parseExact, requireExact, Utf8Error } from '@weir/store/text'
import { z } from 'zod'
import { isTooDeep, MAX_NESTING } from '../checks/json-value.ts'
import { messageOf } from '../errors.ts'
import { type CaseInput, type Evaluation, isDataSource } from './definition.ts'

export interface ResolvedData {
  readonly cases: readonly Case[]
  /** `name@version`; '' for data in the definition or a file. */
  readonly dataset: string
  readonly hash: string
}

/**
 * Reads an evaluation's cases.
 * @param file - the evaluation's file, where relative paths start; undefined: they start at the working directory
 * @param store - undefined without a server: stored datasets cannot be read then
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

/** The file that an evaluation reads its cases from; undefined if that is none. */
export function dataFileOf({ data }: Pick<Evaluation, 'data'>, file: string): string | undefined {
  return isDataSource(data) && data.type === 'jsonl' ? toPath(data.path, file) : undefined
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
    // Files that were joined may have byte order marks in the middle.
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

/** An object has a key twice: JavaScript would keep only the last. */
export class RepeatedKeyError extends UsageError {
  override readonly code: string = 'REPEATED_KEY'
}

/** In valid JSON a text before a colon is a key: `"a":1` */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/g

/**
 * @param json - valid JSON
 * @throws RepeatedKeyError
 */
export function requireUniqueKeys(json: string): void {
  const objects: Set<string>[] = []
  for (const [token, text, colon] of json.matchAll(TOKEN)) {
    if (token === '{') objects.push(new Set())
    else if (token === '}') objects.pop()
    else if (text !== undefined && colon !== undefined) {
      const key = JSON.parse(text) as string
      if (objects.at(-1)?.has(key))
        throw new RepeatedKeyError(`the key ${text} is there twice in one object: remove one`)
      objects.at(-1)?.add(key)
    }
  }
}

/** A case as it travels in a job. */
export const caseSchema = z.object({
  id: z.string(),
  input: z.unknown(),
  reference: z.unknown().optional(),
  tags: z.array(z.string()).readonly().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})

const writtenCase = caseSchema.extend({ id: z.union([z.string().min(1), z.number(), z.bigint()]).optional() })

/** Gives every case an id. Refuses an id that is there twice, and values that JSON would change. */
export function toCases(evaluation: string, inputs: readonly unknown[]): Case[] {
  const parsed = z.array(writtenCase).safeParse(inputs)
  if (!parsed.success)
    throw new UsageError(`The cases of "${evaluation}" are not valid.\n${z.prettifyError(parsed.error)}`)
  const deep = parsed.data.findIndex((item) => isTooDeep(Object.values(item)))
  if (deep !== -1)
    throw new UsageError(
      `Case ${deep + 1} of "${evaluation}" is nested deeper than ${MAX_NESTING} levels: write what is so deep as JSON text.`,
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
  const cases = parsed.data.map(({ id, ...rest }) => ({
    // As it is stored, so that two that would be one are refused.
    id: id === undefined ? hashId(rest.input) : String(id).toWellFormed(),
    ...rest,
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
