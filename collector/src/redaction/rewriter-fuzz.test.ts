import { DecodeError, protobufOfJson, SpanBlock } from '@weir/dialects'
import { mutatedRequest } from '@weir/dialects/testing'
import { expect, test } from 'vitest'
import { KeyRules, toMarker } from './key-rules.ts'
import { NAMED_PATTERNS } from './named-patterns.ts'
import { regexPattern } from './pattern.ts'
import { Rewriter } from './rewriter.ts'

const REQUESTS = 1_500
/** Milliseconds on a machine that is busy with other tests. */
const TIMEOUT = 60_000

/** Rules that find something in nearly every request. */
function busyRewriter(): Rewriter {
  const mask = (name: string) => toMarker(name, 'mask', '')
  const patterns = [...NAMED_PATTERNS.values(), regexPattern('words', '[a-m]{2,}', 'values[0]')]
  return new Rewriter({
    rules: {
      keys: new KeyRules([{ name: 'deny:*.t*', pattern: '*.t*', marker: mask('key') }], [], undefined),
      values: patterns.map((pattern) => ({ pattern, marker: mask(pattern.name) })),
    },
    maxFieldBytes: 1024,
    observeRedaction: () => undefined,
    observeTruncation: () => undefined,
  })
}

/** What came of it, or undefined where it was refused for what it is. */
function refusable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DecodeError) return undefined
    throw error
  }
}

test(
  'whatever is sent: refused as undecodable or rewritten, and then the decoder takes as many spans as before',
  () => {
    const rewriter = busyRewriter()
    let rewritten = 0
    for (let seed = 0; seed < REQUESTS; seed++) {
      const { encoding, body } = mutatedRequest(seed)
      const request = encoding === 'json' ? refusable(() => protobufOfJson(body)) : body
      if (request === undefined) continue
      const kept = refusable(() => rewriter.rewrite(request))
      if (kept === undefined || kept === request) continue
      rewritten += 1
      const before = refusable(() => new SpanBlock().append(request, 'default'))
      // What was broken may have been taken out.
      if (before === undefined) continue
      expect(new SpanBlock().append(kept, 'default'), `seed ${seed}`).toEqual(before)
    }
    expect(rewritten).toBeGreaterThan(REQUESTS / 8)
  },
  TIMEOUT,
)
