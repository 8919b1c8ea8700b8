import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { directorySpace, diskProblem } from './disk-space.ts'

const MIB = 1024 ** 2
const GIB = 1024 * MIB

test.each([
  [1000 * GIB, 2 * GIB, undefined],
  [1000 * GIB, 2 * GIB - 1, 'the disk of /home is nearly full: 2047 MB of 1000 GB left'],
  [400 * MIB, 40 * MIB, undefined],
  [400 * MIB, 39 * MIB, 'the disk of /home is nearly full: 39 MB of 400 MB left'],
  [400 * MIB, 15.9 * MIB, 'the disk of /home is full: 15 MB of 400 MB left'],
  [1000 * GIB, 0, 'the disk of /home is full: 0 MB of 1000 GB left'],
])('of a disk of %i bytes %i are left', (totalBytes, freeBytes, expected) => {
  expect(diskProblem({ totalBytes, freeBytes }, '/home')).toBe(expected)
})

test('a disk is read, and one that cannot be is no error', () => {
  const space = directorySpace(tmpdir())
  expect(space?.totalBytes).toBeGreaterThanOrEqual(space?.freeBytes ?? Number.NaN)
  expect(directorySpace('/no/such/directory')).toBeUndefined()
  expect(diskProblem(undefined, '/no/such/directory')).toBeUndefined()
})
