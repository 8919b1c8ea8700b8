import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endLeftOvers, lockHome, pidFile, prepareHome, supervisorPid } from './home.ts'
import { isAlive } from './running-process.ts'

let home: string
const children: ChildProcess[] = []

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'weir-home-'))
  prepareHome(home)
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(home, { recursive: true, force: true })
})

/** A process whose command line looks like `node <path>/weir.js <args>`. */
async function pretendWeir(args: readonly string[], body: string): Promise<number> {
  const script = join(home, 'weir.js')
  writeFileSync(script, `${body}; console.log('up'); setInterval(() => {}, 1000)`)
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout!, 'data')
  return child.pid!
}

describe('lockHome', () => {
  test('is taken once and given back', () => {
    const release = lockHome(home)
    expect(readFileSync(pidFile(home, 'weir'), 'utf8')).toBe(String(process.pid))
    release()
    expect(existsSync(pidFile(home, 'weir'))).toBe(false)
  })

  test('refuses a second supervisor and names the first', async () => {
    const pid = await pretendWeir(['up'], '')
    writeFileSync(pidFile(home, 'weir'), String(pid))
    expect(supervisorPid(home)).toBe(pid)
    expect(() => lockHome(home)).toThrow(`weir is already running on ${home} (pid ${pid})`)
  })

  test.each([
    ['of a process that is gone', '999999999'],
    ['of another program that got the number', String(process.ppid)],
    ['that was cut short', ''],
  ])('ignores a pid file %s', (_, content) => {
    writeFileSync(pidFile(home, 'weir'), content)
    expect(supervisorPid(home)).toBeUndefined()
    lockHome(home)()
  })
})

describe('endLeftOvers', () => {
  test('ends a process that a killed supervisor left', async () => {
    const pid = await pretendWeir(['collector'], '')
    writeFileSync(pidFile(home, 'collector'), String(pid))
    const ended = await endLeftOvers(home, [{ name: 'collector', args: ['collector'] }])
    expect(ended).toEqual([`collector (pid ${pid})`])
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(pidFile(home, 'collector'))).toBe(false)
  })

  test('leaves other programs alone', async () => {
    const pid = await pretendWeir(['worker'], '')
    writeFileSync(pidFile(home, 'collector'), String(pid))
    expect(await endLeftOvers(home, [{ name: 'collector', args: ['collector'] }])).toEqual([])
    expect(isAlive(pid)).toBe(true)
  })
})

test('prepareHome says which directory cannot be written and what to do', () => {
  writeFileSync(join(home, 'file'), '')
  expect(() => prepareHome(join(home, 'file', 'home'))).toThrow(/cannot write to .*set WEIR_HOME/)
})

test.runIf(existsSync('/proc/self'))('prepareHome gives up on a directory that takes no other', () => {
  expect(() => prepareHome('/proc/weir/home')).toThrow(/cannot write to .*set WEIR_HOME/)
})
