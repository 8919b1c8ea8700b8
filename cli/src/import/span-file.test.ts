import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestOf } from './batch.ts'
import { JsonCursor } from './json-cursor.ts'
import { type OwnedSpan, openSpanFile } from './span-file.ts'
import { walkRequests } from './trace-request.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-import-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

async function spansOf(path: string): Promise<OwnedSpan[]> {
  const spans: OwnedSpan[] = []
  const opened = await openSpanFile(path)
  await opened.read((span) => {
    spans.push(span)
  })
  expect(spans).toHaveLength(opened.spans)
  return spans
}

const members = fc.dictionary(
  fc.string({ unit: 'grapheme' }).filter((key) => !['scopeSpans', 'spans'].includes(key)),
  fc.jsonValue(),
  { maxKeys: 3 },
)
const span = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 })
/** Its list of spans may come before, between or after its other members. */
const owning = (key: string, item: fc.Arbitrary<unknown>) =>
  fc
    .tuple(members, fc.array(item, { minLength: 1, maxLength: 3 }), members)
    .map(([before, items, after]) => ({ ...before, [key]: items, ...after }))
const request = owning('resourceSpans', owning('scopeSpans', owning('spans', span)))

test('whatever the layout and the order, spans come out with what they belong to', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(undefined, 1, '\t'),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom('', '\uFEFF'),
      async (requests, indent, chunkSize, mark) => {
        const bytes = Buffer.from(
          requests.map((each) => mark + JSON.stringify(each, null, indent)).join('\n'),
        )
        const chunks = async function* () {
          for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize)
        }
        const seen: unknown[] = []
        const open = { resource: [] as string[], scope: [] as string[] }
        const opened = (owner: 'resource' | 'scope') => {
          open[owner] = []
          seen.push(open[owner])
        }
        await walkRequests(new JsonCursor(chunks()), {
          openResource: () => opened('resource'),
          openScope: () => opened('scope'),
          resourceMember: (member) => open.resource.push(member),
          scopeMember: (member) => open.scope.push(member),
          span: (text) => void seen.push(JSON.parse(String(text))),
        })
        const parse = (entry: unknown) => (isMembers(entry) ? JSON.parse(`{${entry.join(',')}}`) : entry)
        expect(seen.map(parse)).toEqual(requests.flatMap(flatten))
      },
    ),
    { numRuns: 300 },
  )
})

function isMembers(entry: unknown): entry is string[] {
  return Array.isArray(entry)
}

type Owner = Record<string, Owner[]>

function flatten({ resourceSpans }: object & { resourceSpans?: unknown }): unknown[] {
  return (resourceSpans as Owner[]).flatMap(({ scopeSpans, ...resource }) => [
    JSON.parse(JSON.stringify(resource)),
    ...scopeSpans!.flatMap(({ spans, ...scope }) => JSON.parse(JSON.stringify([scope, ...spans!]))),
  ])
}

const LINE =
  '{"resourceSpans":[{"scopeSpans":[{"spans":[{"n":9007199254740993},{}],"schemaUrl":"s"},{"scope":{"name":"b"},"spans":[{"x":-0.0}]}],"resource":{"a":1}}]}'

test.each([
  ['plain.json', LINE],
  ['lines.jsonl', `${LINE}\n${LINE}\n`],
  ['document.json.gz', gzipSync(LINE)],
  ['marked.json', `\uFEFF${LINE}`],
  ['joined.jsonl', `\uFEFF${LINE}\r\n\uFEFF${LINE}`],
])('%s is sent as it is, numbers of any size included', async (name, content) => {
  const spans = await spansOf(await file(name, content))
  const first =
    '{"resourceSpans":[{"resource":{"a":1},"scopeSpans":[{"schemaUrl":"s","spans":[{"n":9007199254740993},{}]},{"scope":{"name":"b"},"spans":[{"x":-0.0}]}]}]}'
  expect(requestOf(spans.slice(0, 3))).toBe(first)
})

describe('what cannot be imported is named, with its file and place', () => {
  test.each([
    ['empty.json', '', /holds no span/],
    ['logs.json', '{"resourceLogs":[{}]}', /holds no span, expected OTLP\/JSON/],
    ['text.json', 'hello', /is not OTLP\/JSON: "h" at byte 0, expected "{"/],
    ['list.json', '[1]', /"\[" at byte 0, expected "{"/],
    ['cut.json', LINE.slice(0, 70), /the end of the text at byte 70, expected/],
    ['comma.json', '{"a":1 "b":2}', /""" at byte 7, expected ","/],
    ['utf-16.json', Buffer.from(`\uFEFF${LINE}`, 'utf16le'), /is UTF-16, expected UTF-8: save it as UTF-8/],
    ['utf-16be.json', Buffer.from(`\uFEFF${LINE}`, 'utf16le').swap16(), /is UTF-16, expected UTF-8/],
    ['utf-16-unmarked.json', Buffer.from(LINE, 'utf16le'), /is UTF-16, expected UTF-8/],
    ['shape.json', '{"resourceSpans":{"a":1}}', /expected an array of objects/],
    ['span.json', LINE.replace('{}', '{"a":tru}'), /span 2: Unexpected token/],
    ['member.json', LINE.replace('{"a":1}', '{"a":01}'), /before byte \d+:/],
    ['missing/file.json', undefined, /cannot read .*ENOENT/],
    ['broken.json.gz', 'no gzip', /cannot read .*incorrect header check/],
    ['cut.json.gz', gzipSync(LINE).subarray(0, 60), /cannot read .*unexpected end of file/],
  ])('%s', async (name, content, message) => {
    const path = content === undefined ? join(directory, name) : await file(name, content)
    await expect(openSpanFile(path)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    })
    await expect(openSpanFile(path)).rejects.toThrow(name)
  })
})
