import type { KeyType } from './cursor.ts'

/** How a list of runs is ordered: by `key`, which is SQL over `runs AS run`, then by id. */
export interface Order {
  readonly key: string
  readonly type: KeyType
  readonly direction: 'ASC' | 'DESC'
}

/** Each listed column has one. */
export const ORDERS = [
  'newest',
  'oldest',
  'slowest',
  'fastest',
  'costliest',
  'most-tokens',
  'most-steps',
  'flow',
  'version',
  'environment',
  'status',
] as const

export type RunOrder = (typeof ORDERS)[number]

const DURATION = 'run.duration_ns'

export const ORDER_OF: Readonly<Record<RunOrder, Order>> = {
  newest: { key: 'run.start', type: 'Int64', direction: 'DESC' },
  oldest: { key: 'run.start', type: 'Int64', direction: 'ASC' },
  slowest: { key: DURATION, type: 'UInt64', direction: 'DESC' },
  fastest: { key: DURATION, type: 'UInt64', direction: 'ASC' },
  // The bits of numbers that are not negative have the order of the numbers, and none is rounded as a text.
  costliest: { key: 'reinterpretAsUInt64(run.cost)', type: 'UInt64', direction: 'DESC' },
  'most-tokens': { key: '(run.input_tokens + run.output_tokens)', type: 'UInt64', direction: 'DESC' },
  'most-steps': { key: 'toUInt64(length(run.step_names))', type: 'UInt64', direction: 'DESC' },
  flow: { key: 'toString(run.flow)', type: 'String', direction: 'ASC' },
  version: { key: 'toString(run.version)', type: 'String', direction: 'ASC' },
  environment: { key: 'toString(run.environment)', type: 'String', direction: 'ASC' },
  status: { key: 'toString(run.status)', type: 'String', direction: 'ASC' },
}

const isTime = ({ type }: Order): boolean => type === 'Int64'

/** SQL: the key as the text of a cursor, exact however large it is. */
export function keyText(order: Order): string {
  return isTime(order) ? `toString(toUnixTimestamp64Nano(${order.key}))` : `toString(${order.key})`
}

/** SQL: runs after the cursor that binds `key` and `id`. */
export function afterCursor(order: Order): string {
  const key = isTime(order) ? `fromUnixTimestamp64Nano({key:Int64}, 'UTC')` : `{key:${order.type}}`
  return `(${order.key}, run.run_id) ${order.direction === 'DESC' ? '<' : '>'} (${key}, {id:String})`
}

export function orderBy({ key, direction }: Order): string {
  return `${key} ${direction}, run.run_id ${direction}`
}
