import type { AsyncLocalStorage } from 'node:async_hooks'

/**
 * `weir dashboard` keeps here what the page of a request wants its answer's status to be. Next has its own way for 404 only; a
 * page whose status is not said is a 200.
 */
const KEY = Symbol.for('weir.dashboard.answer')
const holder = globalThis as { [KEY]?: AsyncLocalStorage<{ status: number | undefined }> }

/** Says that the answer is not what was asked for: 400 where the address means nothing, 503 where the store cannot answer. */
export function answerWith(status: 400 | 503): void {
  const answer = holder[KEY]?.getStore()
  if (answer) answer.status = status
}
