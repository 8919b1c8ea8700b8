import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureFloor, writeSpans } from './floor.ts'
import { Generator } from './generator.ts'
import type { LoadPlan } from './load.ts'
import { type Measured, measureLoad } from './measure.ts'
import type { Encoding } from './request.ts'
import type { ShapeName } from './shape.ts'
import { measureSplit, type Split } from './split.ts'
import { System } from './system.ts'

/** Loads on one installation, of one kind of client. */
export interface Group {
  readonly shape: ShapeName
  readonly encoding: Encoding
  readonly gzip: boolean
  readonly loads: readonly { readonly batch: number; readonly spans: number; readonly connections: number }[]
  /** Whether storing and settling are told apart, too, by the last of the loads. */
  readonly split?: boolean
}

export interface Disk {
  readonly spans: number
  readonly tables: readonly { readonly name: string; readonly bytes: number }[]
  readonly columns: readonly { readonly name: string; readonly bytes: number }[]
}

export interface GroupResult {
  readonly group: Group
  /** Where the group asks for it. */
  readonly split?: Split
  readonly loads: readonly Measured[]
  readonly disk: Disk
  /** Microseconds of CPU per span of the engine alone, where it was measured. */
  readonly floor?: number
}

/** Sent first, until the collector's code is compiled; its spans are in no figure but those of the disk. */
const WARM_UP = { batch: 500, spans: 100_000, connections: 16 }
const FLOOR_SPANS = 400_000

/** Measures the loads of a group, each against the same fresh installation, and the floor on an engine of its own. */
export async function measureGroup(group: Group, options: { readonly floor: boolean }): Promise<GroupResult> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const file = join(directory, 'spans.native')
  try {
    const measured = await measureSystem(group, directory, options.floor ? file : undefined)
    if (!options.floor) return measured
    const { inFile, ...result } = measured
    return { ...result, floor: await measureFloor(join(directory, 'floor'), file, inFile) }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measureSystem(
  group: Group,
  directory: string,
  file: string | undefined,
): Promise<GroupResult & { readonly inFile: number }> {
  await using system = await System.start(join(directory, 'home'))
  const generator = new Generator()
  try {
    const idle = await system.measureIdle()
    let sent = 0
    const loads: Measured[] = []
    for (const load of [WARM_UP, ...group.loads]) {
      loads.push(
        await measureLoad(system, generator, planOf(system, group, load, sent), { acked: sent, idle }),
      )
      sent += load.spans
    }
    const last = planOf(system, group, group.loads.at(-1)!, sent)
    const split = group.split ? await measureSplit(system, generator, last) : undefined
    const tables = await system.diskByTable()
    const disk = { spans: sent + (split?.spans ?? 0), tables, columns: await system.diskByColumn() }
    const service = `bench-${group.shape}`
    const inFile = file === undefined ? 0 : await writeSpans(system.store, service, FLOOR_SPANS, file)
    return { group, loads: loads.slice(1), disk, inFile, ...(split && { split }) }
  } finally {
    generator.close()
  }
}

function planOf(
  system: System,
  { shape, encoding, gzip }: Group,
  { batch, spans, connections }: Group['loads'][number],
  firstSpan: number,
): LoadPlan {
  const requests = spans / batch
  return { url: system.weir.collectorUrl, shape, encoding, gzip, batch, connections, requests, firstSpan }
}
