import type { TestProject } from 'vitest/node'
import type {} from '../testing.ts'
import { startChild } from './child.ts'

/** Vitest global setup: one embedded Valkey for the project, its URL injected as `redisUrl`. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startChild(new URL('./valkey-child.ts', import.meta.url))
  project.provide('redisUrl', url)
  return stop
}
