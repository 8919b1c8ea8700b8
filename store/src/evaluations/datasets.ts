import { createHash } from 'node:crypto'
import { UsageError } from '@weir/config'
import type { Store } from '../store.ts'
import { parseExact, stringifyExact } from '../text/exact-json.ts'
import { canonicalJson } from './canonical-json.ts'
import { insertRows, NO_LIMIT, select, toDateTime } from './rows.ts'
import type { Case, DatasetVersion, Experiment } from './types.ts'

/** SHA-256 hex of the canonical JSON lines; the order of the cases counts. */
export function hashCases(cases: readonly Case[]): string {
  const hash = createHash('sha256')
  for (const { id, input, reference, tags, metadata } of cases) {
    hash.update(`${canonicalJson({ id, input, reference, tags: tags ?? [], metadata: metadata ?? {} })}\n`)
  }
  return hash.digest('hex')
}

/** A dataset cannot have the name. */
export class DatasetError extends UsageError {
  override readonly code: string = 'DATASET'
}

export interface PushedDataset extends DatasetVersion {
  /** False: the latest version has this content already. */
  readonly isNew: boolean
  /** The newest of the versions before it that have the same content. */
  readonly sameAs?: number
}

/**
 * Makes the cases the latest version: a new one, unless the latest has exactly this content. Of several that push at
 * once each gets a number of its own.
 *
 * @throws DatasetError for a name with an `@`, which separates a version, or with control characters
 */
export async function pushDataset(
  store: Store,
  params: { readonly name: string; readonly cases: readonly Case[] },
): Promise<PushedDataset> {
  const { name, cases } = params
  requireName(name)
  const contentHash = hashCases(cases)
  let stored = false
  for (let tried = 0; ; ) {
    const versions = await listDatasetVersions(store, { name })
    const [latest] = versions
    if (latest?.contentHash === contentHash) return { ...latest, isNew: false }
    if (!stored) await insertCases(store, name, contentHash, cases)
    stored = true
    const version = Math.max(latest?.version ?? 0, tried) + 1
    const pushed = { name, version, contentHash, caseCount: cases.length, createdMs: Date.now() }
    if (await claimVersion(store, pushed)) {
      const same = versions.find((candidate) => candidate.contentHash === contentHash)
      return { ...pushed, isNew: true, ...(same === undefined ? {} : { sameAs: same.version }) }
    }
    tried = version
  }
}

/** True if the version is this one: of several inserts with one token, ClickHouse takes the first and drops the others. */
async function claimVersion(store: Store, dataset: DatasetVersion): Promise<boolean> {
  const { name, version, contentHash, caseCount, createdMs } = dataset
  const row = {
    name,
    version,
    content_hash: contentHash,
    case_count: caseCount,
    created: toDateTime(createdMs),
  }
  const token = JSON.stringify(['dataset', store.project, name, version])
  await insertRows(store, 'datasets', [row], { async_insert: 0, insert_deduplication_token: token })
  const versions = await listDatasetVersions(store, { name })
  return versions.some((stored) => stored.version === version && stored.contentHash === contentHash)
}

/** Cases per insert. */
const BATCH = 10_000

async function insertCases(
  store: Store,
  dataset: string,
  contentHash: string,
  cases: readonly Case[],
): Promise<void> {
  for (let from = 0; from < cases.length; from += BATCH) {
    const batch = cases.slice(from, from + BATCH)
    await insertRows(
      store,
      'cases',
      batch.map((item, at) => caseRow(dataset, contentHash, item, from + at)),
    )
  }
}

type ExperimentData = Pick<Experiment, 'dataset' | 'datasetHash'>

/** The dataset that an experiment's cases are stored under; '', which no dataset is called, for those of its definition or of a file. */
function datasetName({ dataset }: ExperimentData): string {
  return dataset.replace(/@\d+$/, '')
}

/**
 * Keeps the cases of an experiment beside it. They belong to their content: those that are stored are not written again.
 * @param data.cases all of the data, also what the experiment leaves out
 */
export async function storeCases(
  store: Store,
  data: ExperimentData & { readonly cases: readonly Case[] },
): Promise<void> {
  const { datasetHash, cases } = data
  const dataset = datasetName(data)
  const [row] = await select<{ stored: number }>(
    store,
    `SELECT toFloat64(count()) AS stored FROM cases FINAL
     WHERE project = {project: String} AND dataset = {dataset: String} AND content_hash = {datasetHash: String}`,
    { dataset, datasetHash },
  )
  if (row?.stored !== cases.length) await insertCases(store, dataset, datasetHash, cases)
}

/** A case as an experiment had it; undefined if it was not stored, as before experiments kept theirs. */
export async function findCase(
  store: Store,
  params: ExperimentData & { readonly caseId: string },
): Promise<Case | undefined> {
  const { datasetHash, caseId } = params
  const [row] = await select<CaseRow>(
    store,
    `SELECT ${CASE_COLUMNS} FROM cases FINAL
     WHERE project = {project: String} AND dataset = {dataset: String} AND content_hash = {datasetHash: String}
       AND case_id = {caseId: String}
     LIMIT 1`,
    { dataset: datasetName(params), datasetHash, caseId },
  )
  return row === undefined ? undefined : toCase(row)
}

function requireName(name: string): void {
  const problem = /\p{Cc}/u.test(name)
    ? 'without control characters'
    : name.includes('@')
      ? 'without "@", which separates the version from it'
      : undefined
  if (name !== '' && problem === undefined) return
  throw new DatasetError(
    `The name of a dataset is ${JSON.stringify(name)}, expected one ${problem ?? 'that is not empty'}.`,
  )
}

function caseRow(
  dataset: string,
  contentHash: string,
  item: Case,
  position: number,
): Record<string, unknown> {
  return {
    dataset,
    content_hash: contentHash,
    position,
    case_id: item.id,
    input: stringifyExact(item.input ?? null),
    reference: item.reference === undefined ? '' : stringifyExact(item.reference),
    tags: item.tags ?? [],
    metadata: stringifyExact(item.metadata ?? {}),
  }
}

const DATASET_COLUMNS = `name, version, content_hash AS contentHash, case_count AS caseCount,
  toFloat64(toUnixTimestamp64Milli(created)) AS createdMs`

/** The latest version of each dataset, by name: all of them, or `limit` after the name `after`. */
export async function listDatasets(
  store: Store,
  { after = '', limit = NO_LIMIT }: { readonly after?: string; readonly limit?: number } = {},
): Promise<DatasetVersion[]> {
  return select<DatasetVersion>(
    store,
    `SELECT ${DATASET_COLUMNS} FROM datasets FINAL
     WHERE project = {project: String} AND ({after: String} = '' OR name > {after: String})
     ORDER BY name, version DESC LIMIT 1 BY name LIMIT {limit: UInt32}`,
    { after, limit },
  )
}

/** All versions of a dataset, newest first. */
export async function listDatasetVersions(
  store: Store,
  params: { readonly name: string },
): Promise<DatasetVersion[]> {
  return select<DatasetVersion>(
    store,
    `SELECT ${DATASET_COLUMNS} FROM datasets FINAL
     WHERE project = {project: String} AND name = {name: String} ORDER BY version DESC`,
    { name: params.name },
  )
}

/**
 * `name` (the latest) or `name@3`; undefined if there is none. Names with an `@`, which were taken once, are found where
 * no such version is: `a@1` is version 1 of `a`, else the latest of `a@1`, and `a@1@2` version 2 of it.
 */
export async function resolveDataset(
  store: Store,
  params: { readonly reference: string },
): Promise<DatasetVersion | undefined> {
  const { reference } = params
  const [, name, version] = /^(.*)@(\d+)$/s.exec(reference) ?? []
  const found = name === undefined ? [] : await listDatasetVersions(store, { name })
  return (
    found.find((candidate) => candidate.version === Number(version)) ??
    (await listDatasetVersions(store, { name: reference }))[0]
  )
}

/** Cases of a dataset version in their order; all of them if `limit` is absent. */
export async function getDatasetCases(
  store: Store,
  params: {
    readonly name: string
    readonly contentHash: string
    readonly limit?: number
    readonly offset?: number
  },
): Promise<Case[]> {
  const rows = await select<CaseRow>(
    store,
    `SELECT ${CASE_COLUMNS} FROM cases FINAL
     WHERE project = {project: String} AND dataset = {name: String} AND content_hash = {hash: String}
       AND position >= {offset: UInt32}
     ORDER BY position LIMIT {limit: UInt32}`,
    {
      name: params.name,
      hash: params.contentHash,
      offset: params.offset ?? 0,
      limit: params.limit ?? NO_LIMIT,
    },
  )
  return rows.map(toCase)
}

const CASE_COLUMNS = 'case_id AS id, input, reference, tags, metadata'

interface CaseRow {
  id: string
  input: string
  reference: string
  tags: string[]
  metadata: string
}

function toCase(row: CaseRow): Case {
  const metadata = parseExact(row.metadata) as Record<string, unknown>
  return {
    id: row.id,
    input: parseExact(row.input),
    ...(row.reference === '' ? {} : { reference: parseExact(row.reference) as unknown }),
    ...(row.tags.length === 0 ? {} : { tags: row.tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}
