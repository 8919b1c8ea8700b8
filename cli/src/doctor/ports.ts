import { readFileSync, readlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../config.ts'
import type { Finding } from '../status/finding.ts'
import { answersAtAll } from '../supervisor/liveness.ts'
import { bindError, portOwner, portOwnerPid } from '../supervisor/port.ts'
import { type Port, type ProcessSpec, processList } from '../supervisor/process-list.ts'
import { isFrozen, isWeir, parentOf } from '../supervisor/running-process.ts'

/** Of every port that Weir wants: whether it is free, or held by the very process that is to have it. */
export function diagnosePorts(config: Config): Promise<Finding[]> {
  return Promise.all(
    processList(config).flatMap((spec) => spec.ports.map((port) => diagnosePort(config.home, spec, port))),
  )
}

async function diagnosePort(home: string, spec: ProcessSpec, { number, variable }: Port): Promise<Finding> {
  const name = `port ${number}`
  const code = await bindError(spec.host, number)
  if (code === undefined) return { name, ok: true, found: `free (${spec.name})` }
  const owner = portOwner(number)
  const ownerPid = portOwnerPid(number)
  const pid = ownProcess(ownerPid, spec.args)
  if (pid === undefined && ownerPid !== undefined && ownerPid === (await leftServer(home))) {
    const found = `held by what a ${spec.name} that was killed has left (pid ${ownerPid}): weir up ends it`
    return { name, ok: true, found }
  }
  if (pid === undefined) {
    const found = `${code}${owner === undefined ? '' : `, used by ${owner}`} (wanted by ${spec.name})`
    return { name, ok: false, found, advice: `stop that program or set ${variable} to a free port` }
  }
  const other = homeOf(pid)
  if (other !== undefined && other !== home) {
    const found = `used by the ${spec.name} of another Weir, on ${other} (pid ${pid})`
    return { name, ok: false, found, advice: `stop that one or set ${variable} to a free port` }
  }
  if (isFrozen(pid)) {
    const found = `${spec.name} is frozen: stopped by a signal such as SIGSTOP (pid ${pid})`
    return { name, ok: false, found, advice: `kill -CONT ${pid}` }
  }
  if (await answersAtAll(spec)) return { name, ok: true, found: `${spec.name} answers (pid ${pid})` }
  const found = `${spec.name} holds it and does not answer (pid ${pid})`
  return { name, ok: false, found, advice: 'weir up starts it again; alone, stop it and start it' }
}

/** The process of ours that the owner of a port is, or was started by, as a Valkey server is; undefined if it is no such. */
function ownProcess(owner: number | undefined, args: readonly string[]): number | undefined {
  if (owner === undefined) return undefined
  if (isWeir(owner, args)) return owner
  const parent = parentOf(owner)
  return parent !== undefined && isWeir(parent, args) ? parent : undefined
}

/** The Valkey server that was started on a home, by its process id. */
async function leftServer(home: string): Promise<number | undefined> {
  try {
    const { leftoverPid } = await import('@weir/engines')
    return leftoverPid(join(home, 'valkey'))
  } catch {
    // Without the package there are no embedded engines.
    return undefined
  }
}

/** WEIR_HOME of a process; undefined where the system does not tell. */
function homeOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    const home = variables.find((variable) => variable.startsWith('WEIR_HOME='))?.slice('WEIR_HOME='.length)
    return resolve(readlinkSync(`/proc/${pid}/cwd`), home || '.weir')
  } catch {
    return undefined
  }
}
