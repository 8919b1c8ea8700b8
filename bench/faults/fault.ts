import { execFileSync } from 'node:child_process'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { post, requestOf } from './load.ts'
import type { Subject } from './subject.ts'

/** Something that goes wrong. */
export interface Fault {
  readonly name: string
  /** Does it; resolves to what ends it, where it does not end by itself. */
  begin(subject: Subject): Promise<(() => Promise<void> | void) | undefined>
  /** Weir says nothing of it, since nothing is wrong with Weir. */
  readonly isQuiet?: boolean
  /** Milliseconds in which it has to be said; default: 30 s. */
  readonly timeoutMs?: number
}

const PROCESSES = ['collector', 'worker', 'clickhouse', 'valkey', 'dashboard'] as const

const killed: Fault[] = PROCESSES.map((name) => ({
  name: `kill -9 of ${name}`,
  isQuiet: true,
  async begin(subject) {
    process.kill(subject.pid(name), 'SIGKILL')
    return undefined
  },
}))

const frozen: Fault[] = PROCESSES.map((name) => ({
  name: `SIGSTOP of ${name}`,
  async begin(subject) {
    process.kill(subject.pid(name), 'SIGSTOP')
    return undefined
  },
}))

const killedAll: Fault = {
  name: 'kill -9 of everything, then `weir up`',
  async begin(subject) {
    await subject.killAll()
    return () => subject.start()
  },
}

const damagedQueue: Fault = {
  name: 'lock files and the queue damaged while stopped',
  isQuiet: true,
  async begin(subject) {
    await subject.stop()
    for (const lock of ['clickhouse/weir-lock', 'wal/lock'])
      writeFileSync(join(subject.home, lock), 'x'.repeat(5000))
    const files = join(subject.home, 'valkey', 'appendonlydir')
    for (const file of readdirSync(files)) writeFileSync(join(files, file), 'x'.repeat(5000))
    return () => subject.start()
  },
}

const fullDisk: Fault = {
  name: 'full disk',
  async begin(subject) {
    const filler = join(subject.home, '..', 'filler')
    // Again and again: merges give room back.
    const filling = setInterval(() => fill(filler), 500)
    fill(filler)
    return () => {
      clearInterval(filling)
      rmSync(filler)
    }
  },
}

function fill(path: string): void {
  try {
    execFileSync('dd', ['if=/dev/zero', `of=${path}`, 'bs=1M', 'oflag=append', 'conv=notrunc'], {
      stdio: 'ignore',
    })
  } catch {
    // It ends with an error when the disk is full.
  }
}

const poison: Fault = {
  name: '100 spans that the table refuses among 1,000',
  // The bad ones are told apart first, by an insert or two each.
  timeoutMs: 120_000,
  async begin(subject) {
    await subject.query("ALTER TABLE weir.spans ADD CONSTRAINT drill CHECK name != 'poison'")
    const spans = Array.from({ length: 1_000 }, (_, at) => ({ name: at % 10 === 0 ? 'poison' : 'good' }))
    for (let request = 0; request < 1_000; request += 100) {
      await post(
        `${subject.collectorUrl}/v1/traces`,
        requestOf(spans.slice(request, request + 100), 'poisoned'),
      )
    }
    return async () => {
      await subject.query('ALTER TABLE weir.spans DROP CONSTRAINT drill')
      await subject.weir('quarantine', 'retry', '--all')
    }
  },
}

const distantTimes: Fault = {
  name: 'spans of 1970, 2107 and 2200',
  isQuiet: true,
  async begin(subject) {
    const spans = [0, 137, 230].map((years) => ({ name: 'distant', startMs: years * 365.25 * 86_400_000 }))
    await post(`${subject.collectorUrl}/v1/traces`, requestOf(spans, 'distant'))
    return undefined
  },
}

const bombs: Fault = {
  name: '20 requests of 33 million empty messages',
  isQuiet: true,
  async begin(subject) {
    // ResourceSpans of no bytes: field 1, length 0.
    const body = gzipSync(Buffer.alloc(66_000_000, Buffer.from([0x0a, 0x00])))
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }
    const url = `${subject.collectorUrl}/v1/traces`
    await Promise.all(
      Array.from({ length: 20 }, () =>
        fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
          .then((response) => response.text())
          .catch(() => ''),
      ),
    )
    return undefined
  },
}

const idle: Fault = {
  name: '400 idle connections',
  isQuiet: true,
  async begin(subject) {
    const port = Number(new URL(subject.collectorUrl).port)
    const sockets: Socket[] = Array.from({ length: 400 }, () =>
      connect(port, '127.0.0.1').on('error', () => {}),
    )
    return () => {
      for (const socket of sockets) socket.destroy()
    }
  },
}

const damagedPart: Fault = {
  name: 'a data file of a part cut short while stopped',
  async begin(subject) {
    const [part] = await subject.query<{ path: string }>(
      `SELECT trim(TRAILING '/' FROM path) AS path FROM system.parts WHERE active AND database = 'weir' AND table = 'run_minutes' ORDER BY rows LIMIT 1`,
    )
    await subject.stop()
    const file = readdirSync(part!.path).find((name) => name.endsWith('.bin'))!
    const path = join(part!.path, file)
    const backup = readFileSync(path)
    truncateSync(path, Math.floor(backup.length / 2))
    await subject.start()
    // As docs/OPERATING.md says it.
    return async () => {
      await subject.stop()
      const [table, name] = [dirname(part!.path), basename(part!.path)]
      const aside = join(table, 'detached', `broken-on-start_${name}`)
      writeFileSync(join(aside, file), backup)
      renameSync(aside, part!.path)
      await subject.start()
    }
  },
}

const LIBFAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

const clock: Fault = {
  name: 'the clock steps back by a day',
  isQuiet: true,
  async begin(subject) {
    if (!existsSync(LIBFAKETIME)) throw new Error(`${LIBFAKETIME} is missing: install faketime`)
    const file = join(subject.home, '..', 'clock')
    writeFileSync(file, '+0')
    await subject.stop()
    await subject.start({
      LD_PRELOAD: LIBFAKETIME,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    })
    await sleep(5_000)
    writeFileSync(file, '-1d')
    return undefined
  },
}

/** In the order of the drill; what leaves a trace in the status comes last. */
export const FAULTS: readonly Fault[] = [
  ...killed,
  ...frozen,
  killedAll,
  damagedQueue,
  distantTimes,
  clock,
  bombs,
  idle,
  poison,
  fullDisk,
  damagedPart,
]
