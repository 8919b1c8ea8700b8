import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountSmallFilesystem } from '@weir/engines/testing'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LogFile } from './log-file.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weir-log-'))
})

afterEach(() => rm(directory, { recursive: true, force: true }))

test('adds lines with the time to what is there', () => {
  const path = join(directory, 'a.log')
  for (const line of ['one', 'two']) {
    const log = new LogFile(path)
    log.write(line)
    log.close()
  }
  expect(readFileSync(path, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z one\n\S+Z two\n$/)
})

test('keeps one older file of the size given', () => {
  const path = join(directory, 'a.log')
  const log = new LogFile(path, 200)
  for (let index = 0; index < 50; index++) log.write(`line ${index}`)
  log.close()
  expect(readFileSync(path, 'utf8').length).toBeLessThanOrEqual(200)
  expect(readFileSync(`${path}.1`, 'utf8').length).toBeLessThanOrEqual(200)
  expect(readFileSync(path, 'utf8')).toContain('line 49')
  expect(existsSync(`${path}.2`)).toBe(false)
})

test('remembers its last twenty lines for an error message', () => {
  const log = new LogFile(join(directory, 'a.log'))
  for (let index = 0; index < 30; index++) log.write(`line ${index}`)
  log.close()
  expect(log.tail()).toHaveLength(20)
  expect(log.tail().at(-1)).toBe('line 29')
})

test('counts what a full disk does not take, and says so once there is room', ({ skip }) => {
  const disk = mountSmallFilesystem(256 * 1024)
  if (disk === undefined) return skip('this process may not mount a file system')
  onTestFinished(disk.unmount)
  const path = join(disk.directory, 'a.log')
  const log = new LogFile(path)
  log.write('before')
  disk.fill()
  const long = 'x'.repeat(5_000)
  for (let index = 0; index < 37; index++) log.write(`${index} ${long}`)
  expect(log.tail().at(-1)).toBe(`36 ${long}`)
  disk.free()
  log.write('after')
  log.write('later')
  log.close()
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines.map((line) => line.slice(line.indexOf(' ') + 1))).toEqual([
    'before',
    '37 lines could not be written (ENOSPC: no space left on device, write)',
    'after',
    'later',
  ])
})

test('a file that cannot be opened, and later can, is no reason to end', () => {
  const path = join(directory, 'later', 'a.log')
  const log = new LogFile(path)
  log.write('lost')
  mkdirSync(join(directory, 'later'))
  log.write('kept')
  log.close()
  expect(readFileSync(path, 'utf8')).toMatch(/^\S+ 1 line could not be written \(ENOENT.*\)\n\S+ kept\n$/)
})

test('says at its end what it could not write before', () => {
  const log = new LogFile(join(directory, 'later', 'a.log'))
  log.write('lost')
  log.write('lost too')
  mkdirSync(join(directory, 'later'))
  log.close()
  expect(readFileSync(join(directory, 'later', 'a.log'), 'utf8')).toMatch(/^\S+ 2 lines could not be written/)
})
