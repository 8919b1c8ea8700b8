import { warn } from '../warn.ts'
import type { Delivery } from './delivery.ts'

/**
 * Sends what waits when the process ends. By itself: in one attempt, so that a collector that is down does not hold it. By
 * `process.exit` or an error that nobody caught: while it ends. Gives a function that undoes it.
 */
export function sendBeforeExit(delivery: Delivery): () => void {
  if (typeof globalThis.process?.on !== 'function') return () => {}
  let tried = 0
  let isOver = false
  const onBeforeExit = () => {
    if (delivery.size === 0) return
    if (delivery.accepted === tried) {
      isOver = true
      warn('exit', `spans not delivered before the process ended: ${delivery.size}`)
      return
    }
    tried = delivery.accepted
    void delivery.send()
  }
  const onExit = () => {
    if (!isOver) delivery.sendAtExit()
  }
  process.on('beforeExit', onBeforeExit)
  process.on('exit', onExit)
  return () => {
    process.off('beforeExit', onBeforeExit)
    process.off('exit', onExit)
  }
}
