import { UsageError } from '@weir/config'
import { equalsExact, stringifyExact } from '@weir/store/text'
import type { Scored, ScorerResult } from '../evaluation/definition.ts'

/** What these scorers look at. */
type Texts = Pick<Scored, 'output' | 'reference'>

/** 1 if the output is the reference. */
export function exactMatch({ output, reference }: Texts): ScorerResult {
  if (reference === undefined) throw new UsageError('exactMatch needs a reference, but the case has none.')
  return equalsExact(output, reference)
    ? { score: 1, reason: 'equal to the reference' }
    : { score: 0, reason: `expected ${stringifyExact(reference)}` }
}

/** 1 if the output, as text, contains the reference's text. */
export function contains({ output, reference }: Texts): ScorerResult {
  if (typeof reference !== 'string') throw new UsageError('contains needs text as the reference of the case.')
  const text = typeof output === 'string' ? output : (stringifyExact(output) ?? '')
  return text.includes(reference)
    ? { score: 1, reason: 'contains the reference' }
    : { score: 0, reason: `does not contain ${stringifyExact(reference)}` }
}
