import { expect, test, vi } from 'vitest'
import { InfrastructureError, UsageError, WeirError } from './errors.ts'

class FileError extends UsageError {
  override readonly code = 'FILE'
}

test('an error is of its class and of those above it, with its code and exit code', () => {
  const error = new FileError('no such file', { cause: 'why' })
  expect([WeirError, UsageError, FileError, Error].every((type) => error instanceof type)).toBe(true)
  expect(error).not.toBeInstanceOf(InfrastructureError)
  expect(error).toMatchObject({ name: 'FileError', code: 'FILE', exitCode: 2, cause: 'why' })
  expect(new InfrastructureError('away')).toMatchObject({ code: 'INFRASTRUCTURE', exitCode: 3 })
})

test('an error of another copy of the package is a WeirError, and no other error is', async () => {
  vi.resetModules()
  const other = await import('./errors.ts')
  const error = new other.UsageError('of another copy')
  expect(error).toBeInstanceOf(WeirError)
  expect(error).not.toBeInstanceOf(UsageError)
  expect(
    [new Error('x'), { code: 'USAGE', exitCode: 2 }, undefined].some((one) => one instanceof WeirError),
  ).toBe(false)
})
