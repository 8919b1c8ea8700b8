import { onProcess } from '../platform.ts'
import { warn } from '../warn.ts'
import type { Delivery } from './delivery.ts'

/**
 * Sends what waits when the process ends. By itself: in one attempt, so that a collector that is down does not hold it. By
 * `process.exit` or an error that nobody caught: while it ends. Gives a function that undoes it.
 */
export function sendBeforeExit(delivery: Delivery): () => void {
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
  const undo = [onProcess('beforeExit', onBeforeExit), onProcess('exit', onExit)]
  return () => {
    for (const one of undo) one()
  }
}
