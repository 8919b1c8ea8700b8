import type { TestProject } from 'vitest/node'
import type {} from '../testing.ts'
import { startChild } from './child.ts'

/** Vitest global setup: one embedded ClickHouse for the project, its URL injected as `clickhouseUrl`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startChild(new URL('./clickhouse-child.ts', import.meta.url))
  project.provide('clickhouseUrl', url)
  return stop
}
