import type { Delivery } from './delivery.ts'
import { warn } from './warn.ts'

/**
 * Sends what waits when the process has nothing else to do, so that short scripts lose nothing. One attempt: a collector
 * that is down does not hold the process. Gives a function that undoes it.
 */
export function sendBeforeExit(delivery: Delivery): () => void {
  let tried = 0
  const onBeforeExit = () => {
    if (delivery.size === 0) return
    if (delivery.accepted === tried) {
      warn('exit', `spans not delivered before the process ended: ${delivery.size}`)
      return
    }
    tried = delivery.accepted
    void delivery.send()
  }
  process.on('beforeExit', onBeforeExit)
  return () => process.off('beforeExit', onBeforeExit)
}
