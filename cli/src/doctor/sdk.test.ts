import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { diagnoseSdk } from './sdk.ts'

let directory: string
/** Takes what has the key. */
const collector = createServer(({ headers }, response) => {
  response.writeHead(headers.authorization === 'Bearer key' ? 200 : 401).end('{}')
})
let url: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-doctor-'))
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  for (const name of [
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_SDK_DISABLED',
  ]) {
    vi.stubEnv(name, '')
  }
})

afterAll(() => {
  collector.close()
  rmSync(directory, { recursive: true, force: true })
})

afterEach(() => vi.unstubAllEnvs())

/** A project with these packages, by their paths below its `node_modules`. */
function projectOf(packages: Record<string, string>, files: readonly string[] = []): string {
  const project = mkdtempSync(join(directory, 'project-'))
  for (const [path, version] of Object.entries(packages)) {
    mkdirSync(join(project, 'node_modules', path), { recursive: true })
    writeFileSync(join(project, 'node_modules', path, 'package.json'), JSON.stringify({ version }))
  }
  for (const file of files) writeFileSync(join(project, file), '')
  return project
}

async function linesOf(project: string): Promise<string[]> {
  vi.stubEnv('WEIR_ENDPOINT', url)
  vi.stubEnv('WEIR_API_KEY', 'key')
  const findings = await diagnoseSdk(project)
  return findings.map(({ name, ok, found }) => `${ok ? 'ok' : 'problem'} ${name} ${found}`)
}

test('names what is beside the SDK, and where spans go', async () => {
  const project = projectOf(
    {
      '@weir/sdk': '0.1.0',
      '@opentelemetry/api': '1.10.0',
      'ai/node_modules/@opentelemetry/api': '1.9.0',
      '@opentelemetry/sdk-node': '0.301.0',
      '@sentry/node': '9.47.2',
      next: '16.4.6',
    },
    ['instrumentation.ts'],
  )
  expect(await linesOf(project)).toEqual([
    'ok @weir/sdk 0.1.0',
    'ok @opentelemetry/api 1.10.0 (node_modules/@opentelemetry/api), 1.9.0 (node_modules/ai/node_modules/@opentelemetry/api)',
    'ok NodeSDK 0.301.0: its exporters get our spans too; its sampler does not decide about what Weir gets',
    'ok Sentry 9.47.2: its traces have our spans; its tracesSampleRate does not decide about Weir',
    'ok Next 16.4.6, instrumentation.ts',
    `ok spans go to ${url}/v1/traces (WEIR_ENDPOINT)`,
  ])
  // From a member of its workspace.
  mkdirSync(join(project, 'member'))
  expect((await linesOf(join(project, 'member')))[0]).toBe('ok @weir/sdk 0.1.0')
})

test('a library with a newer API than the one that registers is not seen', async () => {
  const project = projectOf({
    '@weir/sdk': '0.1.0',
    '@opentelemetry/api': '1.9.1',
    'library/node_modules/@opentelemetry/api': '1.10.0',
  })
  expect(await linesOf(project)).toContain(
    'problem @opentelemetry/api what uses 1.10.0 is not recorded below steps',
  )
})

test('members of a workspace that are linked to each other are looked at once', async () => {
  const project = projectOf({ '@weir/sdk': '0.1.0', '@opentelemetry/api': '1.9.1' })
  const members = ['a', 'b', 'c', 'd']
  for (const member of members) {
    mkdirSync(join(project, member, 'node_modules'), { recursive: true })
    symlinkSync(join(project, member), join(project, 'node_modules', member))
    for (const other of members) {
      symlinkSync(join(project, other), join(project, member, 'node_modules', other))
    }
  }
  expect((await linesOf(project)).slice(0, 2)).toEqual(['ok @weir/sdk 0.1.0', 'ok @opentelemetry/api 1.9.1'])
})

test('of two versions that register, one cannot', async () => {
  const project = projectOf({
    '@weir/sdk': '0.1.0',
    '@opentelemetry/api': '1.9.1',
    '@opentelemetry/sdk-node': '0.301.0',
    '@opentelemetry/sdk-node/node_modules/@opentelemetry/api': '1.10.0',
  })
  expect((await linesOf(project))[1]).toMatch(/^problem .*: 1.10.0 and 1.9.1 register, only one of them can$/)
})

test('what is missing, and a collector that refuses', async () => {
  const project = projectOf({ next: '16.4.6' })
  vi.stubEnv('WEIR_ENDPOINT', url)
  vi.stubEnv('WEIR_API_KEY', 'other')
  const findings = await diagnoseSdk(project)
  expect(findings.map(({ ok, found }) => [ok, found])).toEqual([
    [false, `not installed in ${project}`],
    [false, '16.4.6, without instrumentation.ts'],
    [false, `go to ${url}/v1/traces (WEIR_ENDPOINT): HTTP 401 Unauthorized`],
  ])
  vi.stubEnv('WEIR_ENDPOINT', 'nowhere')
  expect((await diagnoseSdk(project)).at(-1)?.found).toBe('go nowhere: WEIR_ENDPOINT is no http or https URL')
})
