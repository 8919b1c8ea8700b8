import { OversizeError } from '@weir/dialects'
import { DENSE, MAX_MESSAGES } from '@weir/dialects/testing'
import { expect, test } from 'vitest'
import { Rewriter } from './rewriter.ts'

const SOME = 200_000
const rewriter = new Rewriter({
  rules: undefined,
  maxFieldBytes: 1024,
  observeRedaction: () => undefined,
  observeTruncation: () => undefined,
})

test.for(Object.entries(DENSE))('%s: few are rewritten, too many refused', ([, requestOf]) => {
  expect(() => rewriter.rewrite(requestOf(SOME))).not.toThrow()
  expect(() => rewriter.rewrite(requestOf(MAX_MESSAGES + 100))).toThrow(OversizeError)
})
