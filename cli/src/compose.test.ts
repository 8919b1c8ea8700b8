import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { VARIABLES } from '@weir/config'
import { refusalOf } from '@weir/store'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from './config.ts'
import { createProgram } from './program.ts'

interface Service {
  readonly image?: string
  readonly build?: { readonly target: string }
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly healthcheck?: { readonly test: readonly string[] }
}

const root = join(import.meta.dirname, '..', '..')
const text = (file: string) => readFileSync(join(root, file), 'utf8')
const compose = parse(text('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const dockerfile = text('Dockerfile')
const services = Object.entries(compose.services)
const { ports } = readConfig({})
/** The first one answers health checks. */
const portsOf: Record<string, readonly [number, ...number[]]> = {
  collector: [ports.otlpHttp, ports.otlpGrpc],
  worker: [ports.worker],
  dashboard: [ports.dashboard],
}

/** Target of the Dockerfile with the command it runs and the ports it names. */
const targets = new Map(
  dockerfile
    .split(/^FROM /m)
    .slice(1)
    .map((stage) => [
      /^\S+ AS (\S+)/.exec(stage)?.[1] ?? '',
      {
        command: JSON.parse(/^CMD (.*)$/m.exec(stage)?.[1] ?? '[]') as string[],
        exposed: [...stage.matchAll(/^EXPOSE (\d+)/gm)].map(([, port]) => Number(port)),
      },
    ]),
)

test('every variable of Weir that they name is read by the code', () => {
  const known = Object.values(VARIABLES).map(({ name }): string => name)
  const named = new Set(`${text('docker-compose.yml')}${dockerfile}`.match(/WEIR_[A-Z_]+/g))
  expect(named.size).toBeGreaterThan(5)
  expect([...named].filter((name) => !known.includes(name))).toEqual([])
})

/** A tag may be moved to other bytes, a digest not; the tag says which version the digest is. */
const PINNED = /^[a-z/-]+:\d+\.\d+\.[\d.]+(-[a-z]+)?@sha256:[0-9a-f]{64}$/

test('every service has an image pinned by its digest, or a target of the Dockerfile', () => {
  for (const [name, { image, build }] of services) {
    if (image !== undefined) expect(image, name).toMatch(PINNED)
    else expect([...targets.keys()], name).toContain(build?.target)
  }
})

test('the Dockerfile builds on an image pinned by its digest, of the Node that the repository pins', () => {
  const bases = [...dockerfile.matchAll(/^FROM (?:--\S+ )*(\S+)/gm)]
    .map(([, image]) => image!)
    .filter((image) => !targets.has(image))
  const { devDependencies } = JSON.parse(text('package.json')) as { devDependencies: { node: string } }
  expect(bases).toHaveLength(1)
  expect(bases[0]).toMatch(PINNED)
  expect(bases[0]).toContain(`:${devDependencies.node}-slim@`)
  expect(dockerfile).not.toMatch(/--from=[^\s]*[:/]/)
})

test('every target runs a command of weir and names the ports that it listens on', async () => {
  const commands = (await createProgram()).commands.map((command) => command.name())
  for (const [name, listened] of Object.entries(portsOf)) {
    const { command, exposed } = targets.get(name)!
    expect(command.slice(0, 2)).toEqual(['node', 'cli/bin/weir.js'])
    expect(commands).toContain(command[2])
    expect(exposed).toEqual(listened)
  }
})

describe.each(services)('service %s', (name, service) => {
  test('opens ports on this machine only, the ones that the code listens on', () => {
    const listened = portsOf[name]?.map((port) => `127.0.0.1:${port}:${port}`)
    if (service.ports !== undefined) expect(service.ports).toEqual(listened)
  })

  test('has a health check that asks its own port', () => {
    expect(service.healthcheck?.test.length).toBeGreaterThan(1)
    const [port] = portsOf[name] ?? []
    if (port !== undefined) expect(service.healthcheck?.test.join(' ')).toContain(`:${port}/readyz`)
  })

  test('waits for, and stores in, what exists', () => {
    for (const needed of Object.keys(service.depends_on ?? {}))
      expect(compose.services).toHaveProperty(needed)
    for (const volume of service.volumes ?? []) expect(compose.volumes).toHaveProperty(volume.split(':')[0]!)
  })
})

test('every process answers to its name in the network, to health checks, to the ports of this machine and to names of yours', () => {
  for (const [name, { build, environment, healthcheck }] of services) {
    if (build === undefined) continue
    const hostsOf = (given: string) =>
      readConfig({
        WEIR_ALLOWED_HOSTS: environment!.WEIR_ALLOWED_HOSTS!.replace(/\$\{WEIR_ALLOWED_HOSTS:-\}/, given),
      }).allowedHosts
    const answers = (host: string, given = '') =>
      refusalOf({ method: 'GET', hosts: [host], headers: {} }, { hosts: hostsOf(given) }) === undefined
    const [, checked] = /fetch\('http:\/\/([^/]+)\//.exec(healthcheck!.test.join(' '))!
    for (const host of [checked!, `${name}:${portsOf[name]![0]}`, `localhost:${portsOf[name]![0]}`]) {
      expect(answers(host), `${name} as ${host}`).toBe(true)
    }
    expect([answers('weir.example.com'), answers('weir.example.com', 'weir.example.com')]).toEqual([
      false,
      true,
    ])
  }
  const endpoint = new URL(compose.services.worker!.environment!.WEIR_ENDPOINT!)
  expect(endpoint.hostname).toBe('collector')
})

test('says how to make the key that the collector requires there, with a command that exists', async () => {
  const [, service, args] = /docker compose exec (\w+) node cli\/bin\/weir\.js (.+)/.exec(
    text('docker-compose.yml'),
  )!
  expect(targets.has(service!)).toBe(true)
  const [name, sub] = args!.split(' ')
  const command = (await createProgram()).commands.find((candidate) => candidate.name() === name)
  expect(command?.commands.map((candidate) => candidate.name())).toContain(sub)
  expect(compose.services.worker?.environment).toHaveProperty('WEIR_API_KEY')
})

test('there is no default secret', () => {
  const secrets = text('docker-compose.yml').match(/\$\{[A-Z_]*PASSWORD[^}]*\}/g) ?? []
  expect(secrets.length).toBeGreaterThan(3)
  expect(secrets.filter((secret) => !/^\$\{[A-Z_]+:\?.+\}$/.test(secret))).toEqual([])
  for (const [name, { environment }] of services) {
    for (const [variable, value] of Object.entries(environment ?? {})) {
      if (/PASSWORD|AUTH/.test(variable)) expect(value, `${name} ${variable}`).toMatch(/^\$\{[A-Z_]+:\?/)
    }
  }
})
