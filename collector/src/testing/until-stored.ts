import { setTimeout as sleep } from 'node:timers/promises'
import type { Collector } from '../collector.ts'

/** Resolves once ClickHouse has all spans that a collector has acknowledged. */
export async function untilStored({ url }: Pick<Collector, 'url'>): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text()
    if (/^weir_spans_pending 0$/m.test(metrics)) return
    await sleep(50)
  }
}
