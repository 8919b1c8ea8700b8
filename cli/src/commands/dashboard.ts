import { AsyncLocalStorage } from 'node:async_hooks'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { reachableHost, UsageError } from '@weir/config'
import { refusalOf, requestHead } from '@weir/store'
import type { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { loadOptional } from '../optional-package.ts'
import { print, printError } from '../print.ts'
import { serveUntilStopped } from '../serve-until-stopped.ts'
import { openHomeIfPossible } from '../supervisor/open-home.ts'

/** The part of Next's custom-server API that is used here; the command line does not depend on Next itself. */
interface NextApp {
  prepare(): Promise<void>
  getRequestHandler(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  close(): Promise<void>
}
type CreateNext = (options: {
  dev: false
  dir: string
  hostname: string
  port: number
  httpServer: Server
}) => NextApp

/**
 * Names are in addresses, and Next repeats an address in headers: this is enough for names of 12,000 characters in any script,
 * each nine bytes of an address and fifteen of a header.
 */
const MAX_HEADER_BYTES = 1024 * 1024

export function addDashboard(program: Command): void {
  program.command('dashboard').description('serve the pages alone').action(runDashboard)
}

/** What `next start` does, in this process, so that it ends with the supervisor and closes cleanly. */
async function runDashboard(): Promise<void> {
  const config = openHomeIfPossible(readConfig())
  const manifest = await findDashboard()
  const dir = dirname(manifest)
  if (!existsSync(join(dir, '.next', 'BUILD_ID'))) {
    throw new UsageError('the dashboard is not built: run "npm run build" in the checkout of Weir')
  }
  Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' }, storeVariables(config))
  const app = (await loadNext(manifest))({
    dev: false,
    dir,
    hostname: config.host,
    port: config.ports.dashboard,
    // Next answers upgrades of this server by itself. Ours has none, so that all requests go through the checks below.
    httpServer: createServer(),
  })
  await app.prepare()
  const handle = app.getRequestHandler()
  const hosts = [...config.allowedHosts, config.host.toLowerCase()]
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    const refusal = refusalOf(requestHead(request), { hosts })
    if (refusal !== undefined) {
      response.writeHead(refusal.statusCode, { 'content-type': 'text/plain; charset=utf-8' })
      response.end(`${refusal.message}\n`)
      return
    }
    dropLongState(request)
    answering(request, response, () => handle(request, response)).catch((error: unknown) => {
      printError(...inspect(error).split('\n'))
      response.destroy()
    })
  })
  await listen(server, config)
  print(`dashboard is ready at http://${reachableHost(config.host)}:${config.ports.dashboard}`)
  await serveUntilStopped({
    close: async () => {
      server.close()
      server.closeAllConnections()
      await app.close()
    },
  })
}

/**
 * Next refuses a state of more than 40,000 characters, in which it tells what the browser has of the page. Without one it sends all.
 */
function dropLongState({ headers }: IncomingMessage): void {
  if ((headers['next-router-state-tree']?.length ?? 0) > 40_000) delete headers['next-router-state-tree']
}

/** What a page of the dashboard wants the status of its answer to be: it finds this in `globalThis`. */
const answers = new AsyncLocalStorage<{ status: number | undefined }>()
Object.assign(globalThis, { [Symbol.for('weir.dashboard.answer')]: answers })

/**
 * Runs `handle`, and answers with the status that the page says. Next's own requests, which change a part of a page that is open,
 * stay a 200: at any other status the browser loads the whole page again.
 */
function answering(
  { headers }: IncomingMessage,
  response: ServerResponse,
  handle: () => Promise<void>,
): Promise<void> {
  const answer: { status: number | undefined } = { status: undefined }
  if (headers.rsc === undefined) {
    const writeHead = response.writeHead.bind(response) as (
      status: number,
      ...rest: unknown[]
    ) => ServerResponse
    response.writeHead = (status: number, ...rest: unknown[]) => writeHead(answer.status ?? status, ...rest)
  }
  return answers.run(answer, handle)
}

/** Path of the dashboard's package.json. */
function findDashboard(): Promise<string> {
  return loadOptional('@weir/dashboard', async () =>
    fileURLToPath(import.meta.resolve('@weir/dashboard/package.json')),
  )
}

async function loadNext(manifest: string): Promise<CreateNext> {
  const path = createRequire(manifest).resolve('next')
  const module = (await import(pathToFileURL(path).href)) as { default: CreateNext | { default: CreateNext } }
  return typeof module.default === 'function' ? module.default : module.default.default
}

/** The pages read the same variables; those that the user left out get their defaults. */
function storeVariables(config: Config): Record<string, string> {
  return {
    WEIR_HOME: config.home,
    WEIR_CLICKHOUSE_URL: config.clickhouseUrl,
    WEIR_CLICKHOUSE_DATABASE: config.clickhouseDatabase,
    WEIR_REDIS_URL: config.redisUrl,
    WEIR_PROJECT: config.project,
    WEIR_ENDPOINT: config.endpoint,
  }
}

function listen(server: Server, config: Config): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.ports.dashboard, config.host, resolve)
  })
}
