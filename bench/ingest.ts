import { describeDisk, describeLoads, describeSplit } from './ingest/describe.ts'
import { type Group, type GroupResult, measureGroup } from './ingest/matrix.ts'

export const name = 'ingest: OTLP/HTTP into a whole Weir, settling on'

const LOADS = [
  { batch: 1, spans: 40_000, connections: 128 },
  { batch: 50, spans: 200_000, connections: 64 },
  { batch: 500, spans: 400_000, connections: 16 },
  { batch: 5000, spans: 400_000, connections: 8 },
]

const USUAL = LOADS.filter(({ batch }) => batch === 500)

const GROUPS: readonly Group[] = [
  { shape: 'sdk', encoding: 'protobuf', gzip: false, loads: LOADS, split: true },
  { shape: 'sdk', encoding: 'protobuf', gzip: true, loads: USUAL },
  { shape: 'sdk', encoding: 'json', gzip: false, loads: LOADS },
  { shape: 'sdk', encoding: 'json', gzip: true, loads: USUAL },
  { shape: 'plain', encoding: 'protobuf', gzip: false, loads: USUAL },
]

/** Every encoding and batch size in a closed loop, against the floor: the engine loading the same rows from one Native file. */
export async function run(): Promise<string> {
  const results: GroupResult[] = []
  const floors = new Map<string, number>()
  for (const group of GROUPS) {
    const { shape, encoding, gzip } = group
    console.error(`ingest: ${shape}, ${encoding}${gzip ? ', gzip' : ''}`)
    const result = await measureGroup(group, { floor: !floors.has(shape) })
    if (result.floor !== undefined) floors.set(shape, result.floor)
    results.push(result)
  }
  const [{ split, disk }] = results as [GroupResult]
  return [describeLoads(results, floors), describeSplit(split!), describeDisk(disk)].join('\n\n')
}
