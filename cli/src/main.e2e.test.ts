import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Completed, freePorts, repository, run, WEIR } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let directory: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-main-'))
  const [closed] = await freePorts(1)
  const url = `http://127.0.0.1:${closed}`
  env = {
    PATH: process.env.PATH,
    WEIR_HOME: join(directory, 'home'),
    WEIR_CLICKHOUSE_URL: url,
    WEIR_ENDPOINT: url,
  }
})

afterAll(() => rm(directory, { recursive: true, force: true }))

const weir = (...args: string[]): Promise<Completed> => run([WEIR, ...args], env, directory)

test.each([
  ['--json', 'missing/report.json', /cannot write missing\/report.json: there is no directory missing/],
  ['--junit', '.', /cannot write .: it is a directory/],
])(
  'exit code 2 for a report that cannot be written, before anything is evaluated: %s %s',
  async (option, path, message) => {
    await writeFile(join(directory, 'never.eval.ts'), 'throw new Error("was loaded")')
    const completed = await weir('eval', 'never.eval.ts', '--local', option, path)
    expect(completed.code).toBe(2)
    expect(completed.stderr).toMatch(message)
    await rm(join(directory, 'never.eval.ts'))
  },
)

describe('exit code 2 and a hint for what cannot be understood', () => {
  test.each([
    [['nonsense'], /unknown command 'nonsense'/],
    [['up', '--nonsense'], /unknown option '--nonsense'\n\(see: weir up --help\)/],
    [['compare', '--flow', 'research'], /required option '--base <side>' not specified/],
    [['eval', '--trials', 'many'], /'--trials <n>' argument 'many' is invalid/],
    [['eval', '--queue', '--local'], /cannot be used with/],
    [['eval', 'missing.eval.ts'], /There is no evaluation at "missing.eval.ts"/],
    [['monitor', 'add', 'x.eval.ts', '--sample', '2'], /above 0, up to 1/],
    [['baseline'], /Usage: weir baseline/],
    [
      ['runs', 'flow:research', 'duration>3'],
      /column 24: expected a duration .*, got 3\nweir: flow:research duration>3\nweir: {24}\^\n/,
    ],
    [['runs', '--last', 'ever'], /Expected a duration such as/],
    [['runs', '--last', '900000000d'], /--last is "900000000d", which is before 1970/],
    [['runs', '--limit', '0'], /--limit is "0", expected a whole number from 1 to 500/],
    [['export'], /expected --trace <id> or --run <id>\nweir: \(see: weir export --help\)/],
    [['export', '--trace', 'abc'], /--trace is "abc", expected 32 hex digits/],
    [['export', '--trace', '0'.repeat(32), '--run', 'x'], /cannot be used with/],
    [['export', '--run', 'x', '--output', 'missing/x.json'], /cannot write missing\/x.json/],
    [['import'], /missing required argument 'files'/],
    [['import', 'missing.json'], /cannot read missing.json: ENOENT/],
    [['import', '.'], /cannot read .: EISDIR/],
  ])('%j', async (args, message) => {
    const completed = await weir(...args)
    expect(completed.code).toBe(2)
    expect(completed.stderr).toMatch(message)
    expect(completed.stdout).toBe('')
  })
})

test.each([
  ['worker', { WEIR_WORKER_CONCURRENCY: 'many' }, /WEIR_WORKER_CONCURRENCY/],
  ['worker', { WEIR_WORKER_LOCK: 'long' }, /WEIR_WORKER_LOCK/],
  ['collector', { WEIR_LOG_LEVEL: 'loud' }, /WEIR_LOG_LEVEL/],
  ['collector', { WEIR_LOG_LEVEL: '', WEIR_MAX_BODY_BYTES: 'much' }, /^weir: WEIR_MAX_BODY_BYTES/],
])(
  'exit code 2 for a variable that cannot be used, empty ones aside: %s %j',
  async (command, variables, message) => {
    const completed = await run([WEIR, command], { ...env, ...variables }, directory)
    expect(completed.code).toBe(2)
    expect(completed.stderr).toMatch(message)
  },
)

test('exit code 2 for rules of redaction that cannot be used, though no ClickHouse is there yet', async () => {
  const [http, grpc] = await freePorts(2)
  await writeFile(join(directory, 'rules.json'), '{"deny":[7],"values":["emails"]}')
  const ports = { WEIR_OTLP_HTTP_PORT: String(http), WEIR_OTLP_GRPC_PORT: String(grpc) }
  const completed = await run(
    [WEIR, 'collector'],
    { ...env, ...ports, WEIR_REDACTION: 'rules.json' },
    directory,
  )
  expect(completed.code).toBe(2)
  expect(completed.stderr).toMatch(
    /^weir: WEIR_REDACTION=rules.json: deny\[0\] is 7, expected a key such as/m,
  )
  expect(completed.stderr).toMatch(
    /^weir: WEIR_REDACTION=rules.json: values\[0\] is "emails", expected one of email,/m,
  )
})

test.each([
  'status',
  'baseline list',
  'dataset list',
  'monitor list',
  'keys list',
  'export --run x',
  'import spans.json',
  'demo',
])('exit code 3 where no Weir runs: %s', async (command) => {
  await writeFile(join(directory, 'spans.json'), '{"resourceSpans":[{"scopeSpans":[{"spans":[{}]}]}]}')
  const completed = await weir(...command.split(' '))
  expect(completed.code).toBe(3)
  expect(completed.stdout + completed.stderr).toMatch(/weir up/)
})

test('help and version end with 0', async () => {
  expect(await weir('--version')).toMatchObject({ code: 0, stdout: '0.1.0\n' })
  const help = await weir('--help')
  expect(help.code).toBe(0)
  for (const command of [
    'up',
    'demo',
    'eval',
    'compare',
    'baseline',
    'dataset',
    'monitor',
    'export',
    'import',
    'status',
    'doctor',
  ]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
  }
})

test('weir doctor names what is wrong and what to do', async () => {
  await writeFile(join(directory, 'file'), '')
  const completed = await run(
    [WEIR, 'doctor'],
    { ...env, WEIR_HOME: join(directory, 'file', 'home') },
    directory,
  )
  expect(completed.code).toBe(2)
  expect(completed.stdout).toMatch(/^ok +Node +\d+/m)
  expect(completed.stdout).toMatch(/^problem +home +cannot write/m)
  expect(completed.stdout).toMatch(/^problem +ClickHouse +no answer/m)
})

test('weir doctor explains the variables that cannot be used, whoever reads them', async () => {
  const wrong = { WEIR_MAX_BODY_BYTES: 'much', WEIR_WORKER_PORT: '0' }
  const completed = await run([WEIR, 'doctor'], { ...env, ...wrong }, directory)
  expect(completed.code).toBe(2)
  expect(completed.stdout).toMatch(
    /^problem +variables +WEIR_MAX_BODY_BYTES is "much"\n +expected a number of bytes, 1024 or more: largest body/m,
  )
  expect(completed.stdout).toMatch(
    /^problem +variables +WEIR_WORKER_PORT is "0"\n +expected a port from 1 to 65535/m,
  )
})

test('weir eval --json - prints the result alone on stdout, progress on stderr', async () => {
  const file = join(repository, 'examples', 'research', 'research.eval.ts')
  const many = ['--trials', '40', '--concurrency', '40', '--filter', 'pricing']
  const completed = await weir('eval', file, '--local', ...many, '--json', '-')
  expect(completed.code, completed.stderr).toBe(0)
  // A pipe takes 64 KiB at once: the rest must not be lost when the process ends.
  expect(completed.stdout.length).toBeGreaterThan(65_536)
  expect(JSON.parse(completed.stdout)).toMatchObject({
    exitCode: 0,
    experiments: [{ planned: 40, status: 'passed' }],
  })
  expect(completed.stderr).toContain('PASSED')
})

test('weir eval reports what was evaluated before something ended it', async () => {
  const evaluator = JSON.stringify(join(repository, 'evaluator', 'dist', 'index.js'))
  const write = (name: string, data: string) =>
    writeFile(
      join(directory, `${name}.eval.mjs`),
      `import { dataset, evaluate, run } from ${evaluator}
      export default evaluate('${name}', { task: (input) => input, data: ${data}, checks: [run.toSucceed()] })`,
    )
  await write('first', '[{ input: 1 }]')
  await write('second', `dataset('numbers')`)
  const json = join(directory, 'report.json')
  const completed = await weir('eval', '--local', '--json', json)
  expect(completed.code).toBe(2)
  expect(completed.stderr).toContain("dataset('numbers') is stored in Weir")
  expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({
    exitCode: 2,
    experiments: [{ evaluation: 'first', status: 'passed' }],
  })
})

test('exit code 3 where the filter leaves nothing to evaluate', async () => {
  const file = join(repository, 'examples', 'research', 'research.eval.ts')
  const completed = await weir('eval', file, '--local', '--filter', 'no such case')
  expect(completed.code).toBe(3)
  expect(completed.stderr).toContain('"no such case"')
})
