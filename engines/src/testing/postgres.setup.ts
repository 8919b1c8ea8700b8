import type { TestProject } from 'vitest/node'
import type {} from '../testing.ts'
import { startChild } from './child.ts'

/** Vitest global setup: one PostgreSQL for the project, its URL injected as `postgresUrl`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startChild(new URL('./postgres-child.ts', import.meta.url))
  project.provide('postgresUrl', url)
  return stop
}
