import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Generator } from './ingest/generator.ts'
import { describeProfile } from './ingest/profile.ts'
import type { Encoding } from './ingest/request.ts'
import { System } from './ingest/system.ts'

export const name = 'ingest-profile: where the collector spends its time'

const BATCH = 500
const CONNECTIONS = 16
const SPANS = 1_000_000
const FUNCTIONS = 35

/** Profiles the collector during a load of each encoding; profiling makes everything slower. */
export async function run(): Promise<string> {
  const texts: string[] = []
  for (const encoding of ['protobuf', 'json'] as const) {
    texts.push(`${encoding}, ${SPANS} spans in requests of ${BATCH}; self time, waiting excluded`, '')
    texts.push('```', await profile(encoding), '```', '')
  }
  return texts.join('\n')
}

async function profile(encoding: Encoding): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-bench-'))
  const profiles = join(directory, 'profiles')
  const options = `--cpu-prof --cpu-prof-dir=${profiles}`
  try {
    const system = await System.start(join(directory, 'home'), { NODE_OPTIONS: options })
    const pid = system.pid('collector')
    const generator = new Generator()
    await generator.prepare({
      url: system.weir.collectorUrl,
      shape: 'sdk',
      encoding,
      gzip: false,
      batch: BATCH,
      connections: CONNECTIONS,
      requests: SPANS / BATCH,
      firstSpan: 0,
    })
    await generator.run()
    generator.close()
    await system[Symbol.asyncDispose]()
    return describeProfile(profiles, pid, FUNCTIONS)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
