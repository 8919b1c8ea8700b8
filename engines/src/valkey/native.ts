import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineStartError } from '../errors.ts'
import type { ValkeyBinary } from './find.ts'
import { endLeftover, forget, remember } from './leftover.ts'
import { freePort } from './ports.ts'
import { type Address, answersPing, redisUrl } from './resp.ts'
import type { ValkeyServer } from './server.ts'
import { setAsideDamaged } from './set-aside.ts'

interface NativeOptions extends Address {
  readonly directory: string
}

/** A native server as a child process, its data in an append-only file of the directory. */
export async function startNative(binary: ValkeyBinary, options: NativeOptions): Promise<ValkeyServer> {
  const { host, directory, password } = options
  await endLeftover(directory, password)
  const port = await freePort(host, options.port)
  const child = new NativeServer(binary, { ...options, port })
  await child.start()
  const close = () => child.close()
  return {
    url: redisUrl({ host, port, password }),
    port,
    engine: `${binary.name} ${binary.version}`,
    persistent: true,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const RESTART_DELAY_MS = 500

/** The child process; started again when it ends by itself. */
class NativeServer {
  readonly #binary: ValkeyBinary
  readonly #options: NativeOptions
  #child: ChildProcess | undefined
  #closing = false

  constructor(binary: ValkeyBinary, options: NativeOptions) {
    this.#binary = binary
    this.#options = options
  }

  /** Data that the server cannot read is set aside once: a queue that is lost must not stop everything. */
  async start(): Promise<void> {
    const failure = await this.#launch()
    if (failure === undefined) return
    const place = setAsideDamaged(this.#options.directory, failure.message)
    if (place === undefined) throw failure
    console.error(
      `the queue's append-only file is damaged and was set aside as ${place}: evaluations that were queued have to be started again`,
    )
    const again = await this.#launch()
    if (again !== undefined) throw again
  }

  async #launch(): Promise<EngineStartError | undefined> {
    const { host, port, directory } = this.#options
    const child = spawn(this.#binary.path, ['-'], { stdio: 'pipe' })
    // Its configuration comes this way because every user of the machine sees a command line.
    child.stdin.on('error', () => {})
    child.stdin.end(configuration(this.#options))
    const output = lastLines(child)
    this.#child = child
    if (child.pid !== undefined) remember(directory, { pid: child.pid, parent: process.pid, host, port })
    const ended = endOf(child)
    const how = await Promise.race([answering(this.#options, child), ended])
    if (how !== undefined) {
      return new EngineStartError(`${this.#binary.path} on ${directory} ended with ${how}: ${output()}`)
    }
    void ended.then((reason) => this.#restart(`${this.#binary.name} ended with ${reason}: ${output()}`))
    return undefined
  }

  async #restart(reason: string): Promise<void> {
    for (let why = reason; !this.#closing; await sleep(RESTART_DELAY_MS)) {
      console.error(`${why}; starting it again`)
      try {
        return await this.start()
      } catch (error) {
        why = (error as Error).message
      }
    }
  }

  async close(): Promise<void> {
    this.#closing = true
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
      await exited
      clearTimeout(timer)
    }
    forget(this.#options.directory)
  }
}

/** A configuration file (valkey.io/topics/valkey.conf). */
function configuration({ host, port, directory, password }: NativeOptions): string {
  const options = {
    bind: host,
    port: String(port),
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    // BullMQ's keys must never be evicted.
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    ...(password === undefined ? {} : { requirepass: password }),
  }
  // Its quoted texts have the escapes of JSON.
  return Object.entries(options)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}\n`)
    .join('')
}

/** Resolves once the server answers. */
async function answering(address: Address, child: ChildProcess): Promise<undefined> {
  while (child.exitCode === null && child.signalCode === null) {
    if (await answersPing(address)) return
    await sleep(20)
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => resolve(signal ?? `code ${code}`))
  })
}

function lastLines(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      text = (text + data.toString()).slice(-2000)
    })
  }
  return () => text.trim().split('\n').slice(-5).join('\n')
}
