import { until } from '@weir/engines/testing'
import type { Collector } from '../collector.ts'

/** Resolves once ClickHouse has all spans that a collector has acknowledged. */
export async function untilStored({ url }: Pick<Collector, 'url'>): Promise<void> {
  await until(
    async () => /^weir_spans_pending (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1],
    (pending) => pending === '0',
  )
}
