import { UsageError } from '@weir/config'
import type { Store } from '@weir/store'
import { type ApiKey, createApiKey, forgetApiKeys, listApiKeys, revokeApiKey } from '@weir/store/keys'
import { type Command, InvalidArgumentError } from 'commander'
import { print, printError, printJson } from '../print.ts'
import { printTable } from '../table.ts'
import { withStore } from '../with-store.ts'

export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys, which collectors require as soon as there is one')
  keys
    .command('create')
    .description('make a key and print it, this once')
    .option('--name <name>', 'what it is for, as the list shows it', label)
    .option('--project <project>', 'the project of what is sent with it (default: WEIR_PROJECT)', label)
    .action((options: CreateOptions) => withStore((store) => create(store, options)))
  keys
    .command('list')
    .description('show the keys of all projects, without their secrets')
    .option('--json', 'print JSON', false)
    .action(({ json }: { json: boolean }) => withStore((store) => list(store, json)))
  keys
    .command('revoke <id>')
    .description('refuse a key from now on')
    .action((id: string) => withStore((store) => revoke(store, id)))
  keys
    .command('open')
    .description(
      'forget the keys, all of them revoked, so that collectors on loopback take spans without one',
    )
    .action(() => withStore(open))
}

interface CreateOptions {
  readonly name?: string
  readonly project?: string
}

function label(text: string): string {
  if (/^[^\p{Cc}]{1,100}$/u.test(text) && text.trim() !== '') return text
  throw new InvalidArgumentError('Expected 1 to 100 characters on one line.')
}

/** The key alone goes to stdout, so that `$(weir keys create)` is the key. */
async function create(store: Store, options: CreateOptions): Promise<void> {
  const { text, id, project } = await createApiKey(store, options)
  print(text)
  printError(`key ${id} for project ${project}. It is not shown again: only a hash of it is stored.`)
  printError('Set WEIR_API_KEY to it for our SDK, weir eval and the worker. Any other OpenTelemetry SDK:')
  printError('  OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer%20<key>"')
}

async function list(store: Store, json: boolean): Promise<void> {
  const keys = (await listApiKeys(store)).map(({ hash: _, ...key }) => key)
  if (json) {
    printJson(keys)
    return
  }
  if (keys.length === 0) {
    print('no key yet: weir keys create --name <what it is for>')
    return
  }
  printTable(
    ['id', 'project', 'name', 'created', 'state'],
    keys.map((key) => [
      key.id,
      key.project,
      key.name,
      new Date(key.created).toISOString(),
      key.revoked ? 'revoked' : 'valid',
    ]),
  )
}

async function revoke(store: Store, given: string): Promise<void> {
  // Whoever has only the key itself may give that; its secret is repeated nowhere.
  const id = given.startsWith('weir_') ? (given.split('_')[1] ?? '') : given
  const key = await revokeApiKey(store, { id })
  if (key === undefined) throw new UsageError(unknown(id, await listApiKeys(store)))
  if (key.revoked) {
    print(`key ${id} was revoked already`)
    return
  }
  print(`key ${id} of project ${key.project} is revoked: collectors refuse it within 3 s`)
  if ((await listApiKeys(store)).every(({ revoked }) => revoked)) {
    print('no valid key is left, so collectors take no spans: make another one with weir keys create,')
    print('or let collectors on loopback take spans without a key: weir keys open')
  }
}

async function open(store: Store): Promise<void> {
  const valid = await forgetApiKeys(store)
  if (valid.length > 0) {
    throw new UsageError(
      `keys are valid still: ${idsOf(valid)}. Revoke each with weir keys revoke <id> first`,
    )
  }
  print('there is no key any more: collectors on loopback take spans without one within 3 s,')
  print('collectors on other addresses take none until weir keys create')
}

function unknown(id: string, keys: readonly ApiKey[]): string {
  const known = keys.filter(({ revoked }) => !revoked)
  return `there is no key "${id}"; ${known.length === 0 ? 'there is no valid key at all' : `valid are: ${idsOf(known)}`}`
}

function idsOf(keys: readonly ApiKey[]): string {
  return keys.map(({ id }) => id).join(', ')
}
