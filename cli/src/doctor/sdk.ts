import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { tracesAddress } from '@weir/sdk/address'
import type { Finding } from '../status/finding.ts'
import { copyOf, findPackages, type Installed } from './copies.ts'

const API = '@opentelemetry/api'
/** Packages that register with OpenTelemetry's API: the copy that they have decides who can register, and who sees it. */
const REGISTERING = ['@weir/sdk', '@opentelemetry/sdk-node', '@sentry/node', '@vercel/otel']
const ADVICE = `make it one version, such as with "overrides" in package.json: npm ls ${API} shows who brings which`

/** Every line of `weir doctor --sdk`: what a project has that flows are recorded with, and beside. */
export async function diagnoseSdk(project: string): Promise<Finding[]> {
  const installed = findPackages(project, [...REGISTERING, API, 'next'], '@weir/sdk')
  const of = (name: string) => installed.filter((one) => one.name === name)
  return [
    sdk(of('@weir/sdk'), project),
    ...api(of(API), installed, project),
    ...of('@opentelemetry/sdk-node').map(nodeSdk),
    ...of('@sentry/node').map(sentry),
    ...of('next')
      .slice(0, 1)
      .map((next) => nextJs(next, project)),
    await destination(),
  ]
}

function sdk(copies: readonly Installed[], project: string): Finding {
  const name = '@weir/sdk'
  const found = list(copies, project)
  if (copies.length === 0) {
    return {
      name,
      ok: false,
      found: `not installed in ${project}`,
      advice: 'run it in the project that has it',
    }
  }
  if (distinct(copies).length === 1) return { name, ok: true, found }
  return { name, ok: false, found, advice: 'install one version: two that differ may not share runs' }
}

/** A copy sees what a copy of the same major version and at least its minor version has registered. */
function api(copies: readonly Installed[], installed: readonly Installed[], project: string): Finding[] {
  if (copies.length === 0) return []
  const found = list(copies, project)
  const registering = installed
    .filter(({ name }) => REGISTERING.includes(name))
    .map(({ directory }) => copyOf(API, directory))
    .filter((version) => version !== undefined)
  const registered = new Set(registering)
  if (registered.size > 1) {
    const versions = [...registered].sort().join(' and ')
    return [
      { name: API, ok: false, found: `${found}: ${versions} register, only one of them can`, advice: ADVICE },
    ]
  }
  const [first] = registered
  const blind = copies.filter(({ version }) => first !== undefined && !sees(version, first))
  if (blind.length === 0) return [{ name: API, ok: true, found }]
  const which = list(blind, project)
  return [{ name: API, ok: false, found: `what uses ${which} is not recorded below steps`, advice: ADVICE }]
}

/** https://github.com/open-telemetry/opentelemetry-js/blob/main/api/src/internal/semver.ts */
function sees(version: string, registered: string): boolean {
  const [major, minor] = version.split('.').map(Number)
  const [itsMajor, itsMinor] = registered.split('.').map(Number)
  return major === itsMajor && minor! <= itsMinor!
}

function nodeSdk({ version }: Installed): Finding {
  const found = `${version}: its exporters get our spans too; its sampler does not decide about what Weir gets`
  return { name: 'NodeSDK', ok: true, found }
}

function sentry({ version }: Installed): Finding {
  const separate = Number(version.split('.')[0]) >= 11
  const traces = separate
    ? 'its traces have our spans with enableOpenTelemetrySetup only'
    : 'its traces have our spans'
  return {
    name: 'Sentry',
    ok: true,
    found: `${version}: ${traces}; its tracesSampleRate does not decide about Weir`,
  }
}

const INSTRUMENTATION = ['', 'src/'].flatMap((folder) =>
  ['ts', 'js', 'mts', 'mjs'].map((extension) => `${folder}instrumentation.${extension}`),
)

function nextJs({ version }: Installed, project: string): Finding {
  const file = INSTRUMENTATION.find((path) => existsSync(join(project, path)))
  if (file !== undefined) return { name: 'Next', ok: true, found: `${version}, ${file}` }
  const advice = 'call init in `register` of instrumentation.ts'
  return { name: 'Next', ok: false, found: `${version}, without instrumentation.ts`, advice }
}

/** Where spans would go from here, and whether they would be taken. */
async function destination(): Promise<Finding> {
  const name = 'spans'
  const { OTEL_SDK_DISABLED, WEIR_API_KEY } = process.env
  if (OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') {
    return { name, ok: false, found: 'not recorded: OTEL_SDK_DISABLED is set', advice: 'unset it' }
  }
  const { url, variable } = tracesAddress()
  const by = variable ?? 'the default'
  if (url === undefined) {
    return { name, ok: false, found: `go nowhere: ${by} is no http or https URL`, advice: `correct ${by}` }
  }
  const problem = await refusal(url, WEIR_API_KEY?.trim())
  const found = `go to ${url} (${by})`
  if (problem === undefined) return { name, ok: true, found }
  const advice = 'start Weir with `weir up`, or set WEIR_ENDPOINT and WEIR_API_KEY'
  return { name, ok: false, found: `${found}: ${problem}`, advice }
}

/** Why the collector does not take spans. */
async function refusal(url: string, key: string | undefined): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: '{"resourceSpans":[]}',
      signal: AbortSignal.timeout(3_000),
    })
    return response.ok ? undefined : `HTTP ${response.status} ${response.statusText}`
  } catch (error) {
    const { cause, message } = error as Error
    return cause instanceof Error ? cause.message : message
  }
}

function distinct(copies: readonly Installed[]): string[] {
  return [...new Set(copies.map(({ version }) => version))]
}

/** One version, or each with its place. */
function list(copies: readonly Installed[], project: string): string {
  const versions = distinct(copies)
  if (versions.length <= 1) return versions.join('')
  return copies.map(({ version, directory }) => `${version} (${relative(project, directory)})`).join(', ')
}
