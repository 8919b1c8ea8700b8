import { type Collector, type CollectorConfig, startCollector } from '../collector.ts'
import { freePort } from './free-port.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A collector on a free port with a log of its own; without a store, no ClickHouse answers. */
export async function startTestCollector(config: Partial<CollectorConfig> = {}): Promise<Collector> {
  const store = { url: `http://127.0.0.1:${await freePort()}`, database: 'none', project: 'default' }
  return startCollector({ store, walDirectory: temporaryDirectory(), port: 0, logLevel: 'silent', ...config })
}
