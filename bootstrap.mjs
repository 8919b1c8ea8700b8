#!/usr/bin/env node
// The first command after a bare clone runs on whatever Node is there (>= 18): this file installs what the lock
// file names, then hands over to the Node that the repository pins. It uses nothing but Node's own modules.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: bin + delimiter + process.env.PATH, NEXT_TELEMETRY_DISABLED: '1' }
const [command = 'start', ...args] = process.argv.slice(2)

installIfNeeded()
switch (command) {
  case 'start':
    build()
    await weir(['up', '--demo', ...args])
    break
  case 'build':
    build()
    break
  case 'test':
    build()
    run('vitest', ['run', ...(args.length > 0 ? args : ['--project', '!browser*'])])
    break
  case 'check':
    compile()
    run('next', ['typegen', 'dashboard'])
    run('tsc', ['-p', 'dashboard', '--noEmit'])
    run('biome', ['ci'])
    run('knip', [])
    break
  case 'fix':
    run('biome', ['check', '--write', ...args])
    break
  case 'bench':
    compile()
    run('node', [join('bench', 'dist', 'main.js'), ...args])
    break
  case 'fuzz':
    compile()
    env.WEIR_FUZZ_REQUESTS ||= '1000000'
    run('vitest', ['run', '--project', 'clickhouse', 'collector/src/fuzz', ...args])
    break
  default:
    fail(`unknown command "${command}", expected start, build, test, check, fix, bench or fuzz`)
}

/**
 * npm writes node_modules/.package-lock.json last, so an interrupted install is repeated. Not `npm ci`: it demands
 * that the lock file names the native packages of every platform, which no single machine can see to.
 */
function installIfNeeded() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && modified(installed) >= modified(join(root, 'package-lock.json'))) return
  console.log('weir: installing dependencies (first start only, about a minute)')
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** Cheap: `tsc` does what has changed, and putting the SDK's modules into few files takes a second. */
function compile() {
  run('tsc', ['-b'])
  run('node', [join('sdk', 'bundle.ts')])
}

/** The pages are built again only when something that they contain has changed. */
function build() {
  compile()
  const stamp = join(root, 'dashboard', '.next', 'BUILD_ID')
  if (existsSync(stamp) && modified(stamp) >= newestPageSource()) return
  console.log('weir: building the dashboard (about a minute)')
  run('next', ['build', 'dashboard'])
}

function newestPageSource() {
  const sources = ['dashboard', 'store', 'config', 'package-lock.json']
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...sources], {
    cwd: root,
    encoding: 'utf8',
  })
  if (listed.status !== 0) return 0 // not a checkout: nobody edits there
  const files = listed.stdout.split('\n').filter((file) => file !== '' && !file.includes('.test.'))
  return Math.max(
    0,
    ...files
      .map((file) => join(root, file))
      .filter(existsSync)
      .map(modified),
  )
}

function modified(file) {
  return statSync(file).mtimeMs
}

/** Runs the command line in the foreground and passes signals on, so that Ctrl-C reaches it however it is sent. */
async function weir(argv) {
  const child = spawn(join(bin, 'node'), [join(root, 'cli', 'bin', 'weir.js'), ...argv], {
    cwd: root,
    env,
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
}

function run(program, argv) {
  const { status, error } = spawnSync(program, argv, { cwd: root, env, stdio: 'inherit' })
  if (error) fail(`could not run ${program}: ${error.message}`)
  if (status !== 0) process.exit(status ?? 1)
}

function fail(message) {
  console.error(`weir: ${message}`)
  process.exit(2)
}
