import { createScratchProject, type ScratchProject } from '@weir/engines/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram, tree } from './program.ts'

// Applications that have a tracing of their own. Whatever it samples, and whenever it is set up, both get what is theirs.

let older: ScratchProject
let newer: ScratchProject

beforeAll(async () => {
  older = await createScratchProject({
    ours: ['sdk'],
    dependencies: {
      '@opentelemetry/api': '1.9.1',
      'sdk-node-1': 'npm:@opentelemetry/sdk-node@0.57.2',
      'sdk-node-2': 'npm:@opentelemetry/sdk-node@0.223.0',
      'sentry-9': 'npm:@sentry/node@9.47.2',
      'sentry-11': 'npm:@sentry/node@11.12.0',
    },
    files: 'sdk/fixtures/programs',
  })
  newer = await createScratchProject({
    ours: ['sdk'],
    dependencies: {
      '@opentelemetry/api': '1.10.0',
      'sdk-node-3': 'npm:@opentelemetry/sdk-node@0.301.0',
      // Brings version 1.9.0 of the API.
      ai: '5.0.277',
      zod: '4.6.7',
    },
    files: 'sdk/fixtures/programs',
  })
})

afterAll(async () => {
  await older?.[Symbol.asyncDispose]()
  await newer?.[Symbol.asyncDispose]()
})

const ORDERS = ['first', 'last', 'late']

/** Each with each. */
function pairs<A, B>(as: readonly A[], bs: readonly B[]): [A, B][] {
  return as.flatMap((a) => bs.map((b): [A, B] => [a, b]))
}

interface OwnSpan {
  readonly name: string
  readonly spanId: string
}

describe.concurrent('NodeSDK', () => {
  const packages = ['sdk-node-1', 'sdk-node-2', 'sdk-node-3']
  const project = (name: string) => (name === 'sdk-node-3' ? newer : older)

  test.each(pairs(packages, ORDERS))(
    '%s, set up %s: its exporter gets our spans, too',
    async (name, order) => {
      const { printed, spans } = await runProgram<OwnSpan[]>(project(name), [
        'node-sdk.js',
        name,
        order,
        'exporter',
      ])
      expect(tree(spans)).toEqual(['plan < work', 'work < ?'])
      expect(printed.map((span) => span.name)).toEqual(['query', 'plan', 'work', 'GET /orders'])
      for (const span of spans) {
        expect(printed.find(({ spanId }) => spanId === span.spanId)?.name).toBe(span.name)
      }
    },
  )

  test.each(pairs(packages, ORDERS))('%s, set up %s: a sampler that is off', async (name, order) => {
    const { printed, spans } = await runProgram<OwnSpan[]>(
      project(name),
      ['node-sdk.js', name, order, 'exporter'],
      { env: { OTEL_TRACES_SAMPLER: 'always_off' } },
    )
    expect(tree(spans)).toEqual(['plan < work', 'work < ?'])
    expect(printed).toEqual([])
  })

  test.each(packages)('%s: processors of its own only', async (name) => {
    const { printed, spans } = await runProgram<OwnSpan[]>(project(name), [
      'node-sdk.js',
      name,
      'last',
      'processors',
    ])
    expect(tree(spans)).toEqual(['plan < work', 'work < ?'])
    expect(printed.map((span) => span.name)).toEqual(['query', 'plan', 'work', 'GET /orders'])
  })

  test.each(packages)('%s: with our processor, what it records reaches Weir too', async (name) => {
    const args = ['node-sdk.js', name, 'first', 'ours']
    const { printed, spans } = await runProgram<OwnSpan[]>(project(name), args)
    expect(tree(spans)).toEqual(['GET /orders', 'plan < work', 'query < plan', 'work < GET /orders'])
    expect(printed.map((span) => span.name)).toEqual(['query', 'plan', 'work', 'GET /orders'])
  })
})

describe.concurrent('Sentry', () => {
  interface Sent {
    readonly spans: readonly OwnSpan[]
    /** With the tenant of the isolation scope in which each was captured. */
    readonly messages: readonly [message: string, tenant: string][]
  }
  const ALL_SPANS = ['GET /orders', 'deeper', 'inside', 'plan', 'report', 'report', 'say', 'say', 'work']
  // Sentry 11 sets up OpenTelemetry only where it is asked to.
  const setUps: [name: string, options: object, sent: string[], ours: boolean][] = [
    ['sentry-9', {}, [], true],
    ['sentry-9', { tracesSampleRate: 0 }, [], true],
    ['sentry-9', { tracesSampleRate: 1 }, ALL_SPANS, true],
    ['sentry-11', {}, [], false],
    ['sentry-11', { tracesSampleRate: 0 }, [], false],
    ['sentry-11', { tracesSampleRate: 1 }, ['GET /orders', 'inside'], false],
    ['sentry-11', { enableOpenTelemetrySetup: true }, [], true],
    ['sentry-11', { enableOpenTelemetrySetup: true, tracesSampleRate: 0 }, [], true],
    ['sentry-11', { enableOpenTelemetrySetup: true, tracesSampleRate: 1 }, ALL_SPANS, true],
  ]

  test.each(
    pairs(setUps, ORDERS).map(([[name, options, sent, isAround], order]) => {
      const json = JSON.stringify(options)
      return [name, json, order, sent, isAround] as const
    }),
  )('%s with %s, set up %s', async (name, options, order, sent, isAround) => {
    const { printed, spans } = await runProgram<Sent>(older, ['sentry.js', name, order, options])
    expect(tree(spans)).toEqual([
      'deeper < plan',
      'plan < work',
      'report',
      'report',
      'say < report',
      'say < report',
      isAround ? 'work < ?' : 'work',
    ])
    expect(printed.spans.map((span) => span.name).sort()).toEqual(sent)
    for (const span of sent === ALL_SPANS ? spans : []) {
      expect(printed.spans.find(({ spanId }) => spanId === span.spanId)?.name).toBe(span.name)
    }
    expect([...printed.messages].sort()).toEqual([
      ['a', 'a'],
      ['b', 'b'],
    ])
  })
})

describe.concurrent('the AI SDK, with a copy of OpenTelemetry’s API that is older than the application’s', () => {
  test('its spans are below our steps', async () => {
    const { spans } = await runProgram(newer, ['two-apis.js', 'none'])
    expect(tree(spans)).toEqual(
      [
        'ai.generateText < answer',
        'ai.generateText.doGenerate < ai.generateText',
        'answer < ask',
        'ask',
      ].flatMap((line) => [line, line]),
    )
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2)
  })

  test.each(ORDERS)('beside NodeSDK, set up %s', async (order) => {
    const { printed, spans } = await runProgram<string[]>(newer, ['two-apis.js', order])
    expect(tree(spans)).toEqual(['answer < ask', 'answer < ask', 'ask', 'ask'])
    const names = ['ai.generateText', 'ai.generateText.doGenerate', 'answer', 'ask']
    expect(printed.sort()).toEqual(names.flatMap((name) => [name, name]))
  })
})
