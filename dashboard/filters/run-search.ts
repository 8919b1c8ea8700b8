import { DurationError, parseDuration } from '@weir/config'
import { ORDERS, type RunSearch } from '@weir/store/pages'
import { parseQuery, QueryError } from '@weir/store/run-query'
import { CLOCKS_AHEAD_MS, LAST_START_MS, parseInstant, rangeProblem } from './time-range.ts'

/** A request asks for nothing that can be answered: why, in words. */
export class BadRequestError extends Error {}

const PARAMETERS = ['project', 'q', 'last', 'from', 'to', 'order', 'limit', 'cursor']
const MOST = 500
/** JavaScript would read more than this, such as "5". */
const ISO = /^([+-]\d\d)?\d{4}-\d\d-\d\d(T|$)/
const DEFAULT_LAST = '24h'

/**
 * The search that the parameters of `/api/runs` mean, as `weir runs` would make it of the same words.
 * @throws BadRequestError
 */
export function parseRunSearch(params: URLSearchParams, nowMs: number): RunSearch {
  for (const name of params.keys()) {
    if (!PARAMETERS.includes(name))
      throw new BadRequestError(
        `there is no parameter ${JSON.stringify(name)}, expected ${PARAMETERS.join(', ')}`,
      )
    if (params.getAll(name).length > 1) throw new BadRequestError(`${name} is given more than once`)
  }
  const value = (name: string) => params.get(name) ?? ''
  const order = ORDERS.find((one) => one === (value('order') || 'newest'))
  if (order === undefined) throw expected('order', value('order'), `one of ${ORDERS.join(', ')}`)
  const limit = Number(value('limit') || 50)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw expected('limit', value('limit'), `a whole number from 1 to ${MOST}`)
  return {
    ...parseWindow(value, nowMs),
    project: value('project') || undefined,
    query: parse(value('q')),
    order,
    limit,
    cursor: value('cursor') || undefined,
  }
}

function parse(text: string): RunSearch['query'] {
  try {
    return parseQuery(text)
  } catch (error) {
    if (error instanceof QueryError) throw new BadRequestError(`q: ${error.message}`)
    throw error
  }
}

/** `from` and `to`, or the `last` so long; what starts up to now includes clocks that are ahead. */
function parseWindow(
  value: (name: string) => string,
  nowMs: number,
): Pick<RunSearch, 'from' | 'to' | 'aheadMs'> {
  if (value('last') !== '' && value('from') + value('to') !== '')
    throw new BadRequestError('last is given beside from or to: expected one or the other')
  const instant = (name: 'from' | 'to') => {
    const ms = ISO.test(value(name)) ? parseInstant(value(name)) : Number.NaN
    if (Number.isNaN(ms))
      throw expected(name, value(name), 'an instant as in 2026-11-20T05:16:00Z, UTC where no zone is named')
    return ms
  }
  const toMs = value('to') === '' ? nowMs : instant('to')
  const fromMs = value('from') === '' ? toMs - parseLast(value('last') || DEFAULT_LAST) : instant('from')
  const problem = rangeProblem({ preset: 'fixed', fromMs, toMs }, LAST_START_MS)
  if (problem !== '') throw new BadRequestError(problem)
  return {
    from: new Date(fromMs),
    to: new Date(toMs),
    aheadMs: value('to') === '' ? CLOCKS_AHEAD_MS : 0,
  }
}

function parseLast(text: string): number {
  try {
    return parseDuration(text) / 1e6
  } catch (error) {
    if (error instanceof DurationError) throw new BadRequestError(`last: ${error.message}`)
    throw error
  }
}

function expected(name: string, came: string, what: string): BadRequestError {
  return new BadRequestError(`${name} is ${JSON.stringify(came)}, expected ${what}`)
}
