export { type Collector, type CollectorConfig, startCollector } from './collector.ts'
export { type CollectorSettings, collectorSettingsFromEnv } from './config.ts'
export {
  dropQuarantined,
  listQuarantined,
  type Quarantined,
  type Retried,
  type RetryTarget,
  retryQuarantined,
} from './insert/retry-quarantined.ts'
