import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
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
