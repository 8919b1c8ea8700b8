import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineStartError } from '../errors.ts'
import type { ValkeyBinary } from './find.ts'
import { freePort } from './ports.ts'
import type { ValkeyServer } from './server.ts'

interface NativeOptions {
  readonly host: string
  readonly port: number
  readonly directory: string
}

/** A native server as a child process, its data in an append-only file of the directory. */
export async function startNative(binary: ValkeyBinary, options: NativeOptions): Promise<ValkeyServer> {
  const { host, directory } = options
  const port = await freePort(host, options.port)
  const child = spawn(binary.path, serverArguments({ host, port, directory }), {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = lastLines(child)
  const ended = once(child, 'exit').then(
    ([code, signal]) => `ended with ${signal ?? `code ${code}`}: ${output()}`,
  )
  await Promise.race([
    answering(host, port),
    ended.then((reason) => {
      throw new EngineStartError(`${binary.path} ${reason}`)
    }),
  ])
  let closed: Promise<void> | undefined
  const close = () => (closed ??= stop(child))
  return {
    url: `redis://${host}:${port}`,
    port,
    engine: `${binary.name} ${binary.version}`,
    persistent: true,
    ended,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function serverArguments({ host, port, directory }: NativeOptions): string[] {
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
  }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
}

async function answering(host: string, port: number): Promise<void> {
  for (;;) {
    if ((await ping(host, port)).startsWith('+PONG')) return
    await sleep(20)
  }
}

function ping(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write('PING\r\n'))
    socket.once('data', (data) => {
      socket.destroy()
      resolve(data.toString())
    })
    socket.once('error', () => resolve(''))
    socket.once('close', () => resolve(''))
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

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}
