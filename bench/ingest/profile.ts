import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The parts of V8's CPU profile that are read: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  /** Microseconds between samples. */
  readonly timeDeltas: readonly number[]
}

const REPOSITORY: string = fileURLToPath(new URL('../../..', import.meta.url))
/** Node writes `CPU.<date>.<time>.<pid>.<thread>.<sequence>.cpuprofile`. */
const FILE = /^CPU\.\d+\.\d+\.(\d+)\./

/** Self time of the functions of a process, from the profiles of its threads, as text: the largest first. */
export function describeProfile(directory: string, pid: number, limit: number): string {
  const selfTimes = new Map<string, number>()
  for (const file of readdirSync(directory)) {
    if (Number(FILE.exec(file)?.[1]) !== pid) continue
    addSelfTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')) as CpuProfile, selfTimes)
  }
  selfTimes.delete('(idle)')
  const total = [...selfTimes.values()].reduce((sum, time) => sum + time, 0)
  if (total === 0) throw new Error(`there is no profile of process ${pid} in ${directory}`)
  const largest = [...selfTimes].sort(([, a], [, b]) => b - a).slice(0, limit)
  return largest
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n')
}

function addSelfTimes({ nodes, samples, timeDeltas }: CpuProfile, selfTimes: Map<string, number>): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '(unknown)'
    selfTimes.set(name, (selfTimes.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  })
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  if (url === '') return name
  const path = url.startsWith('file:') ? fileURLToPath(url).replace(REPOSITORY, '') : url
  return `${name}  ${path}:${lineNumber + 1}`
}
