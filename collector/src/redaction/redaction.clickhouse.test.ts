import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { protobufOfJson } from '@weir/dialects'
import { testDatabase } from '@weir/engines/testing'
import { rows } from '@weir/store'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestStore, type TestStore } from '../testing/database.ts'
import { startProxy } from '../testing/proxy.ts'
import { startTestCollector } from '../testing/start-collector.ts'
import { temporaryDirectory } from '../testing/temporary-directory.ts'
import { untilStored } from '../testing/until-stored.ts'

let store: TestStore

beforeAll(async () => {
  store = await createTestStore(inject('clickhouseUrl'), testDatabase())
})
afterAll(() => store?.drop())

const SECRETS = [
  'hunter2-7f3a',
  'ann.secret@example.com',
  '4111111111111111',
  'sk-live-0123456789abcdefgh',
  'ORD-99887766',
  '4111.1111.1111.1111',
]
const [PASSWORD, EMAIL, CARD, KEY, ORDER, DOTTED_CARD] = SECRETS as [
  string,
  string,
  string,
  string,
  string,
  string,
]
const HARMLESS = 'where is my order, please'

const attribute = (key: string, value: object) => ({ key, value })
const attributes = [
  attribute('db.password', { stringValue: PASSWORD }),
  attribute('input.value', {
    stringValue: JSON.stringify({
      note: `to\n${EMAIL} ${HARMLESS}`,
      arguments: JSON.stringify({ password: PASSWORD, card: CARD }),
    }),
  }),
  attribute('nested', {
    kvlistValue: {
      values: [
        attribute('password', { stringValue: PASSWORD }),
        attribute('list', { arrayValue: { values: [{ stringValue: `key ${KEY}` }, { intValue: CARD }] } }),
      ],
    },
  }),
  attribute('order', { stringValue: ORDER }),
  attribute('user.id', { stringValue: EMAIL }),
]
const request = {
  resourceSpans: [
    {
      schemaUrl: `https://${EMAIL}/1`,
      resource: { attributes: [attribute('service.name', { stringValue: 'shop' }), ...attributes] },
      scopeSpans: [
        {
          scope: { name: `of ${EMAIL}`, version: `1 ${DOTTED_CARD}`, attributes },
          schemaUrl: `https://example.com/${KEY}`,
          spans: [1, 2].map((n) => ({
            traceId: '000102030405060708090a0b0c0d0e0f',
            spanId: `000000000000000${n}`,
            traceState: `mail=${EMAIL}`,
            name: `mail ${EMAIL}`,
            startTimeUnixNano: '1767225600000000000',
            endTimeUnixNano: '1767225601000000000',
            attributes,
            events: [{ timeUnixNano: '1767225600000000000', name: `about ${KEY}`, attributes }],
            links: [
              {
                traceId: '000102030405060708090a0b0c0d0e0f',
                spanId: '0000000000000009',
                traceState: `key=${KEY}`,
                attributes,
              },
            ],
            status: { code: 2, message: `cannot charge ${CARD}` },
          })),
        },
      ],
    },
  ],
}
const RULES = {
  deny: ['*password'],
  values: [
    { pattern: 'email', action: 'hash' },
    'credit-card',
    'api-key',
    { name: 'order', regex: 'ORD-[0-9]{8}' },
  ],
}

/** All bytes of all files in a directory. */
function bytesIn(directory: string): Buffer {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) =>
    join(directory, name),
  )
  return Buffer.concat(files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file)))
}

test.for(['json', 'protobuf'])(
  'no secret of a request in %s reaches the log or ClickHouse, all else does',
  async (encoding) => {
    const walDirectory = temporaryDirectory()
    const redaction = join(temporaryDirectory(), 'redaction.json')
    writeFileSync(redaction, JSON.stringify(RULES))
    // ClickHouse is away at first, so that the segment stays.
    const proxy = await startProxy(store.url)
    await proxy.shut()
    const collector = await startTestCollector({
      store: { ...store, url: proxy.url, project: encoding },
      walDirectory,
      redaction,
      redactionSalt: 'a salt of some length',
    })
    const json = JSON.stringify(request)
    const response = await fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf' },
      body: encoding === 'json' ? json : new Uint8Array(protobufOfJson(Buffer.from(json))),
    })
    expect(response.status).toBe(200)
    const logged = bytesIn(walDirectory)
    expect(logged.includes(HARMLESS)).toBe(true)
    for (const secret of SECRETS) expect(logged.includes(secret), secret).toBe(false)

    await proxy.open()
    await untilStored(collector)
    const stored = await rows<{ row: string }>(
      store,
      `SELECT formatRow('JSONEachRow', *) AS row FROM spans WHERE project = {project: String}`,
      { project: encoding },
    )
    expect(stored).toHaveLength(2)
    for (const { row } of stored) {
      for (const secret of SECRETS) expect(row, secret).not.toContain(secret)
      expect(row).toContain(HARMLESS)
      for (const marker of ['key', 'credit-card', 'api-key', 'order'])
        expect(row).toContain(`[redacted:${marker}]`)
      expect(row).toMatch(/\[redacted:email:[0-9a-f]{16}\]/)
    }
    const [span] = await rows<{ name: string; user: string; input: string; message: string }>(
      store,
      `SELECT name, user_id AS user, input, status_message AS message FROM spans WHERE project = {project: String} LIMIT 1`,
      { project: encoding },
    )
    expect(span!.name).toBe(`mail ${span!.user}`)
    expect(span!.message).toBe('cannot charge [redacted:credit-card]')
    const input = JSON.parse(span!.input)
    expect(input.note).toBe(`to\n${span!.user} ${HARMLESS}`)
    expect(JSON.parse(input.arguments)).toEqual({
      password: '[redacted:key]',
      card: '[redacted:credit-card]',
    })

    const metrics = await (await fetch(`${collector.url}/metrics`)).text()
    expect(metrics).toMatch(/^weir_redacted_total\{rule="email"\} [1-9]\d*$/m)
    expect(metrics).toMatch(/^weir_redacted_total\{rule="deny:\*password"\} [1-9]\d*$/m)
    await collector.close()
    await proxy.shut()
  },
)

test('a field of 1 MiB is stored whole by default, a larger one than the limit is cut and says so', async () => {
  const collector = await startTestCollector({ store: { ...store, project: 'large' } })
  const mebibyte = 'é'.repeat(512 * 1024)
  const send = async (spanId: string, value: string) => {
    const body = structuredClone(request)
    body.resourceSpans[0]!.scopeSpans[0]!.spans.splice(1)
    Object.assign(body.resourceSpans[0]!.scopeSpans[0]!.spans[0]!, {
      spanId,
      attributes: [
        attribute('text', { stringValue: value }),
        attribute('input.value', { stringValue: value }),
      ],
    })
    const response = await fetch(`${collector.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(200)
  }
  await send('0000000000000001', mebibyte)
  await send('0000000000000002', mebibyte.repeat(5))
  await untilStored(collector)
  const found = await rows<{ size: number; isValid: number; end: string; length: number }>(
    store,
    `SELECT length(attributes['text']) AS size, isValidUTF8(attributes['text']) AS isValid,
       substring(attributes['text'], -40) AS end, input_length AS length
     FROM spans WHERE project = 'large' ORDER BY span_id`,
  )
  expect(found[0]).toMatchObject({ size: 1024 * 1024, isValid: 1, length: 0 })
  expect(found[1]).toMatchObject({
    isValid: 1,
    end: expect.stringMatching(/é \.\.\. \[truncated, 5242880 bytes\]$/),
    length: mebibyte.length * 5,
  })
  expect(found[1]!.size).toBeGreaterThan(4 * 1024 * 1024 - 4)
  expect(found[1]!.size).toBeLessThanOrEqual(4 * 1024 * 1024)
  const metrics = await (await fetch(`${collector.url}/metrics`)).text()
  expect(metrics).toMatch(/^weir_truncated_values_total 2$/m)
  await collector.close()
})
