import { createHash } from 'node:crypto'
import type { Store } from '../store.ts'
import { canonicalJson } from './canonical-json.ts'
import { insertRows, NO_LIMIT, select, toDateTime } from './rows.ts'
import type { Case, DatasetVersion } from './types.ts'

/** SHA-256 hex of the canonical JSON lines; the order of the cases counts. */
export function hashCases(cases: readonly Case[]): string {
  const hash = createHash('sha256')
  for (const { id, input, reference, tags, metadata } of cases) {
    hash.update(`${canonicalJson({ id, input, reference, tags: tags ?? [], metadata: metadata ?? {} })}\n`)
  }
  return hash.digest('hex')
}

/** Stores the cases as a new version, or finds the version that already has exactly this content. */
export async function pushDataset(
  store: Store,
  params: { readonly name: string; readonly cases: readonly Case[] },
): Promise<DatasetVersion & { readonly isNew: boolean }> {
  const { name, cases } = params
  const contentHash = hashCases(cases)
  const versions = await listDatasetVersions(store, { name })
  const existing = versions.find((version) => version.contentHash === contentHash)
  if (existing !== undefined) return { ...existing, isNew: false }
  await insertRows(
    store,
    'cases',
    cases.map((item, position) => caseRow(name, contentHash, item, position)),
  )
  const version = (versions[0]?.version ?? 0) + 1
  const created = Date.now()
  await insertRows(store, 'datasets', [
    { name, version, content_hash: contentHash, case_count: cases.length, created: toDateTime(created) },
  ])
  return { name, version, contentHash, caseCount: cases.length, created, isNew: true }
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
    input: JSON.stringify(item.input ?? null),
    reference: item.reference === undefined ? '' : JSON.stringify(item.reference),
    tags: item.tags ?? [],
    metadata: JSON.stringify(item.metadata ?? {}),
  }
}

const DATASET_COLUMNS = `name, version, content_hash AS contentHash, case_count AS caseCount,
  toFloat64(toUnixTimestamp64Milli(created)) AS createdMs`

type DatasetRow = Omit<DatasetVersion, 'created'> & { createdMs: number }

function toDataset({ createdMs, ...row }: DatasetRow): DatasetVersion {
  return { ...row, created: createdMs }
}

/** The latest version of each dataset, by name: all of them, or `limit` after the name `after`. */
export async function listDatasets(
  store: Store,
  { after = '', limit = NO_LIMIT }: { readonly after?: string; readonly limit?: number } = {},
): Promise<DatasetVersion[]> {
  const rows = await select<DatasetRow>(
    store,
    `SELECT ${DATASET_COLUMNS} FROM datasets FINAL
     WHERE project = {project: String} AND ({after: String} = '' OR name > {after: String})
     ORDER BY name, version DESC LIMIT 1 BY name LIMIT {limit: UInt32}`,
    { after, limit },
  )
  return rows.map(toDataset)
}

/** All versions of a dataset, newest first. */
export async function listDatasetVersions(
  store: Store,
  params: { readonly name: string },
): Promise<DatasetVersion[]> {
  const rows = await select<DatasetRow>(
    store,
    `SELECT ${DATASET_COLUMNS} FROM datasets FINAL
     WHERE project = {project: String} AND name = {name: String} ORDER BY version DESC`,
    { name: params.name },
  )
  return rows.map(toDataset)
}

/** `name` (the latest) or `name@3`; undefined if there is none. */
export async function resolveDataset(
  store: Store,
  params: { readonly reference: string },
): Promise<DatasetVersion | undefined> {
  const { name, version } = parseDatasetReference(params.reference)
  const versions = await listDatasetVersions(store, { name })
  return version === undefined ? versions[0] : versions.find((candidate) => candidate.version === version)
}

/** Splits `name@3`; a name without a version stands for the latest. */
export function parseDatasetReference(reference: string): { name: string; version?: number } {
  const match = /^(.*)@(\d+)$/.exec(reference)
  return match === null ? { name: reference } : { name: match[1]!, version: Number(match[2]) }
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
    `SELECT case_id AS id, input, reference, tags, metadata FROM cases FINAL
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

interface CaseRow {
  id: string
  input: string
  reference: string
  tags: string[]
  metadata: string
}

function toCase(row: CaseRow): Case {
  const metadata = JSON.parse(row.metadata) as Record<string, unknown>
  return {
    id: row.id,
    input: JSON.parse(row.input),
    ...(row.reference === '' ? {} : { reference: JSON.parse(row.reference) as unknown }),
    ...(row.tags.length === 0 ? {} : { tags: row.tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  }
}
