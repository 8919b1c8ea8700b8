import { UsageError } from '@weir/config'
import type { Config } from '../config.ts'
import { bindError, portOwner } from './port.ts'
import { childEnvironment, type Port, type ProcessSpec, processList } from './process-list.ts'
import { StatusFile } from './status-file.ts'
import { SupervisedProcess } from './supervised-process.ts'

/** Starts all processes of Weir on this machine and keeps them running. */
export class Supervisor {
  readonly #status: StatusFile
  readonly #processes: SupervisedProcess[]

  constructor(config: Config, print: (line: string) => void) {
    this.#status = new StatusFile(config.home)
    const env = childEnvironment(config)
    const changed = (child: SupervisedProcess, detail: string) => {
      const line = statusLine(child, detail)
      if (line !== undefined) print(line)
      this.#status.write(this.#processes)
    }
    this.#processes = processList(config).map(
      (spec) =>
        new SupervisedProcess(spec, {
          home: config.home,
          env,
          livenessMs: config.livenessTimeoutMs,
          changed,
        }),
    )
  }

  /** Resolves when every process answers; each starts as soon as those it needs do. */
  async start(): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        await Promise.all(
          this.#processes
            .filter(({ spec }) => child.spec.after.includes(spec.name))
            .map((needed) => needed.firstReady),
        )
        child.start()
        await child.firstReady
      }),
    )
  }

  /** Stops one after the other, those that feed others last. */
  async stop(): Promise<void> {
    for (const child of this.#processes.toReversed()) await child.stop()
    this.#status.remove()
  }
}

/** One line per change that a person cares about. */
function statusLine({ spec, state, pid }: SupervisedProcess, detail: string): string | undefined {
  const name = spec.name.padEnd(10)
  if (state === 'ready') return `  ${name} ready       pid ${String(pid).padEnd(7)} ${spec.url}  ${detail}`
  if (state === 'restarting') return `  ${name} restarting  ${detail}`
  if (state === 'stopped' || state === 'not answering') return `  ${name} ${state}`
  return undefined
}

/** Throws one error that names every busy port, who has it and the variable that moves it. */
export async function requireFreePorts(specs: readonly ProcessSpec[]): Promise<void> {
  const ports = specs.flatMap(({ name, host, ports }) =>
    ports.map((port) => ({ process: name, host, ...port })),
  )
  const problems: string[] = []
  for (const port of ports) {
    const clash = ports.find((other) => other !== port && other.number === port.number)
    if (clash !== undefined) {
      problems.push(
        `${port.variable} and ${clash.variable} are both ${port.number}: give them different ports`,
      )
      continue
    }
    const problem = await portProblem(port)
    if (problem !== undefined) problems.push(problem)
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
}

/** Undefined if a port can be bound, else what is wrong and what to do. */
async function portProblem({
  process,
  host,
  number,
  variable,
}: Port & { process: string; host: string }): Promise<string | undefined> {
  const code = await bindError(host, number)
  if (code === undefined) return undefined
  if (code === 'EADDRINUSE') {
    const owner = portOwner(number)
    return `port ${number} (${process}) is busy${owner === undefined ? '' : `, used by ${owner}`}: stop that program or set ${variable} to a free port`
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `WEIR_HOST is "${host}", expected an address of this machine such as 127.0.0.1 or 0.0.0.0`
  }
  return `port ${number} (${process}) cannot be opened (${code}): set ${variable} to another port`
}
