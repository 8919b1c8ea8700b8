export { type Collector, type CollectorConfig, startCollector } from './collector.ts'
export { CollectorConfigError, type CollectorSettings, collectorSettingsFromEnv } from './config.ts'
