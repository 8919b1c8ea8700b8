import { rows, type Store } from '../store.ts'

/** What a table takes, all projects together. */
export interface TableUsage {
  readonly table: string
  /** Rows that replaced ones still count, until their parts are merged. */
  readonly rows: number
  readonly parts: number
  readonly diskBytes: number
  readonly uncompressedBytes: number
}

/** What a project takes of a table. */
export interface ProjectUsage {
  readonly project: string
  readonly table: string
  /** Exact, as {@link TableUsage.rows} is. */
  readonly rows: number
  /** About: the table's bytes, divided among projects by their rows and by how large some of these are. */
  readonly diskBytes: number
  readonly uncompressedBytes: number
}

export interface DiskUsage {
  /** The largest first. */
  readonly tables: readonly TableUsage[]
  /** Of each table the largest first. */
  readonly projects: readonly ProjectUsage[]
}

/** Rows of these differ by what clients send: some of each project are looked at. Those of others are of one size. */
const SAMPLED: ReadonlySet<string> = new Set(['spans', 'runs'])
/** More projects are told apart by their rows alone. */
const MOST_SAMPLED = 50

/**
 * Where the disk goes. Tables are sorted by project, so that counting reads their names and no more; sizes come from ClickHouse's
 * list of parts and from a few thousand rows of each project. Nothing is read whole.
 */
export async function getDiskUsage(store: Store): Promise<DiskUsage> {
  const tables = await rows<TableUsage & { hasProject: number }>(store, TABLES)
  const projects: ProjectUsage[] = []
  for (const { hasProject, ...usage } of tables) {
    if (hasProject === 1 && usage.rows > 0) projects.push(...(await divide(store, usage)))
  }
  return { tables: tables.map(({ hasProject: _, ...usage }) => usage), projects }
}

async function divide(store: Store, usage: TableUsage): Promise<ProjectUsage[]> {
  const [ends] = await rows<{ first: string; last: string }>(store, endsSql(usage.table))
  if (ends !== undefined && ends.first === ends.last) {
    const { table, rows: count, diskBytes, uncompressedBytes } = usage
    return [{ project: ends.first, table, rows: count, diskBytes, uncompressedBytes }]
  }
  const counted = await rows<{ project: string; rows: number }>(store, countSql(usage.table))
  const weights: number[] = []
  for (const [nth, { project, rows: count }] of counted.entries()) {
    const isSampled = SAMPLED.has(usage.table) && nth < MOST_SAMPLED
    weights.push(count * (isSampled ? await sizeOfRow(store, usage.table, project) : 1))
  }
  const all = weights.reduce((sum, weight) => sum + weight, 0)
  return counted.map(({ project, rows: count }, nth) => ({
    project,
    table: usage.table,
    rows: count,
    diskBytes: Math.round((usage.diskBytes * weights[nth]!) / all),
    uncompressedBytes: Math.round((usage.uncompressedBytes * weights[nth]!) / all),
  }))
}

async function sizeOfRow(store: Store, table: string, project: string): Promise<number> {
  const [row] = await rows<{ bytes: number }>(store, sampleSql(table), { project })
  return row?.bytes ?? 1
}

/** What retention notes of projects is not theirs. */
const TABLES = `
  SELECT parts.table AS table, sum(parts.rows) AS rows, count() AS parts, sum(bytes_on_disk) AS diskBytes,
    sum(data_uncompressed_bytes) AS uncompressedBytes,
    table NOT IN ('retention', 'removals')
      AND table IN (SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'project') AS hasProject
  FROM system.parts AS parts WHERE active AND database = currentDatabase()
  GROUP BY table ORDER BY diskBytes DESC, table`

/** The projects at both ends of a table: where they are one, nothing has to be counted. */
const endsSql = (table: string) => `
  SELECT toString((SELECT project FROM ${table} ORDER BY project LIMIT 1)) AS first,
    toString((SELECT project FROM ${table} ORDER BY project DESC LIMIT 1)) AS last`

/** @param table one of ClickHouse's own list */
const countSql = (table: string) =>
  `SELECT toString(project) AS project, count() AS rows FROM ${table} GROUP BY project ORDER BY rows DESC, project`

const sampleSql = (table: string) => `
  SELECT avg(byteSize(*)) AS bytes FROM (SELECT * FROM ${table} WHERE project = {project:String} LIMIT 2048)
  SETTINGS max_threads = 1`
