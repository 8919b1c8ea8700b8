import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { until } from './until.ts'

// Runs beside the tests: says where it listens, and ends with its parent. It is the PostgreSQL of this machine if there is one, else
// PGlite: PostgreSQL compiled to WebAssembly, which runs one query at a time.
const [port = 0] = await freePorts(1)
const binaries = findBinaries()
const close = binaries === undefined ? await startPglite() : await startNative(binaries)
process.send?.({ url: `postgres://postgres@127.0.0.1:${port}/postgres` })
process.on('disconnect', () => void close().finally(() => process.exit()))

/** Where `initdb` and `postgres` are: on PATH, or where Debian puts them. */
function findBinaries(): string | undefined {
  const directories = [...(process.env.PATH ?? '').split(delimiter), ...globSync('/usr/lib/postgresql/*/bin')]
  return directories.find((path) => ['initdb', 'postgres'].every((name) => existsSync(join(path, name))))
}

/** PostgreSQL refuses to run as root. So root runs it as nobody, who cannot reach the temporary directory of the tests. */
async function startNative(bin: string): Promise<() => Promise<void>> {
  const directory = mkdtempSync('/tmp/weir-postgres-')
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined
  if (nobody !== undefined) chownSync(directory, nobody.uid, nobody.gid)
  const options = { ...nobody, cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] } as const
  const cluster = ['-D', directory, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale', 'C.UTF-8']
  execFileSync(join(bin, 'initdb'), [...cluster, '--no-sync'], { ...options, stdio: [...options.stdio] })
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'log_min_messages=fatal',
  ]
  const flags = ['-D', directory, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]
  const server = spawn(join(bin, 'postgres'), flags, { ...options, stdio: [...options.stdio] })
  await until(accepts, Boolean, { expected: 'PostgreSQL to listen' })
  return async () => {
    server.kill('SIGINT')
    await once(server, 'exit')
    rmSync(directory, { recursive: true, force: true })
  }
}

async function startPglite(): Promise<() => Promise<void>> {
  const { PGlite } = await import('@electric-sql/pglite')
  const { PGLiteSocketServer } = await import('@electric-sql/pglite-socket')
  const db = await PGlite.create()
  const server = new PGLiteSocketServer({ db, port, host: '127.0.0.1', maxConnections: 100 })
  await server.start()
  return () => server.stop()
}

async function accepts(): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
  return true
}
