import { freePorts } from '@weir/engines/testing'
import { type Collector, type CollectorConfig, startCollector } from '../collector.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** A collector on a free port with a log of its own; without a store, no ClickHouse answers. */
export async function startTestCollector(config: Partial<CollectorConfig> = {}): Promise<Collector> {
  const store = { url: `http://127.0.0.1:${(await freePorts(1))[0]}`, database: 'none', project: 'default' }
  return startCollector({ store, walDirectory: temporaryDirectory(), port: 0, logLevel: 'silent', ...config })
}
