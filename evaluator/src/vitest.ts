import { expect } from 'vitest'
import { startRecorder } from './local/recorder.ts'
import { matchers, type RunAssertions } from './vitest/matchers.ts'

export { recordRun } from './local/recorder.ts'
export type { RunAssertions } from './vitest/matchers.ts'

declare module 'vitest' {
  // An augmentation repeats the type parameters of what it augments.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown>
    extends RunAssertions<R> {}
}

// Before the code under test calls init(), so that its runs stay in this process.
startRecorder()
expect.extend(matchers as unknown as Parameters<typeof expect.extend>[0])
