import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import {
  createScratchProject,
  type Installation,
  type ScratchProject,
  startInstallation,
} from '@weir/engines/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'

// The workflows of docs/CI.md, as their runners would run them: the steps of a job one after the other, in a shell, in a clone of a
// project that has our tarballs. On main an evaluation passes and is promoted; a branch breaks a step.

interface Step {
  readonly if?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

interface GitLabJob {
  readonly script: readonly string[]
  readonly after_script: readonly string[]
  readonly rules: readonly { readonly if: string; readonly variables?: Readonly<Record<string, string>> }[]
}

let weir: Installation
let scratch: ScratchProject
let project: string
let github: readonly Step[]
let gitlab: GitLabJob

beforeAll(async () => {
  weir = await startInstallation()
  scratch = await createScratchProject({
    ours: ['config', 'sdk', 'store', 'dialects', 'evaluator', 'cli'],
    dependencies: { zod: '4.6.7', '@opentelemetry/api': '1.9.1' },
    files: 'examples/research',
  })
  project = scratch.directory
  const page = await readFile(new URL('../../../docs/CI.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block]) => parse(block!))
  github = blocks[0].jobs.evaluate.steps
  gitlab = blocks[1].evaluate

  // Another version of the same evaluation.
  await rm(join(project, 'research-v2.eval.ts'))
  await writeFile(join(project, '.gitignore'), 'node_modules\n')
  git('init', '--quiet', '--initial-branch', 'main')
  git('add', '.')
  commit('first')
  git('update-ref', 'refs/remotes/origin/main', 'main')
})

afterAll(async () => {
  await weir?.[Symbol.asyncDispose]()
  await scratch?.[Symbol.asyncDispose]()
})

function git(...args: string[]): void {
  execFileSync('git', args, { cwd: project, stdio: 'pipe' })
}

function commit(message: string): void {
  const author = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org']
  git(...author, 'commit', '--quiet', '--all', '--message', message)
}

async function branch(name: string, edit: (source: string) => string): Promise<void> {
  git('checkout', '--quiet', '-b', name, 'main')
  const file = join(project, 'research.eval.ts')
  const source = await readFile(file, 'utf8')
  const edited = edit(source)
  expect(edited).not.toBe(source)
  await writeFile(file, edited)
  commit(name)
}

/** What both runners set for a job, and what the project keeps as secrets. */
function jobEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR, CI: 'true', npm_config_prefer_offline: 'true', npm_config_audit: 'false' }
}
const secrets = (): Record<string, string> => ({
  WEIR_ENDPOINT: weir.collectorUrl,
  WEIR_CLICKHOUSE_URL: weir.clickhouseUrl,
})

let isInstalled = false

/** A command in the shell of a runner. Of `npm ci`, which takes longest, once is enough. */
async function shell(script: string, env: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  const command = isInstalled ? script.replace(/^npm ci$/m, '') : script
  isInstalled ||= /^npm ci$/m.test(script)
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', command], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ])
  return { code, output: stdout + stderr }
}

/** Ends with the first step that fails, as a job does. A secret that the project has not is empty. */
async function runGitHubJob(event: 'push' | 'pull_request') {
  const summary = join(project, 'step-summary.md')
  await writeFile(summary, '')
  let last = { code: 0, output: '' }
  for (const step of github) {
    if (step.run === undefined || (step.if !== undefined && step.if !== `github.event_name == '${event}'`))
      continue
    const given = Object.entries(step.env ?? {}).map(([name, value]) => [
      name,
      value.replace(/^\$\{\{ secrets\.(\w+) \}\}$/, (_, secret: string) => secrets()[secret] ?? ''),
    ])
    const runner = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: event, GITHUB_STEP_SUMMARY: summary }
    last = await shell(step.run, { ...jobEnv(), ...runner, ...Object.fromEntries(given) })
    if (last.code !== 0) break
  }
  return { ...last, summary: await readFile(summary, 'utf8') }
}

test('GitHub: main is green and becomes the baseline; a pull request that breaks a step is red, and says which', async () => {
  const pushed = await runGitHubJob('push')
  expect(pushed.code, pushed.output).toBe(0)
  expect(pushed.summary).toContain('The evaluation passed')

  await branch('broken', (source) =>
    source.replace("steps.toHaveSucceeded('plan')", "steps.toHaveSucceeded('guess')"),
  )
  const asked = await runGitHubJob('pull_request')
  expect(asked.code, asked.output).toBe(1)
  expect(asked.summary).toContain('❌')
  expect(asked.summary).toContain('guess')
  expect(asked.output).toMatch(/^::error /m)
  expect(await readFile(join(project, 'report.xml'), 'utf8')).toContain('<failure')

  git('checkout', '--quiet', 'main')
  await branch('same', (source) => `${source}\n// Nothing else.\n`)
  const same = await runGitHubJob('pull_request')
  expect(same.code, same.output).toBe(0)
  expect(same.summary).toContain('baseline')
})

interface Note {
  readonly url: string | undefined
  readonly token: unknown
  readonly body: string
}

async function receiveNotes(notes: Note[]): Promise<Server> {
  const server = createServer(async (request: IncomingMessage, response) => {
    notes.push({ url: request.url, token: request.headers['private-token'], body: await text(request) })
    response.writeHead(201).end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('GitLab: the same, with the summary as a note of the merge request', async () => {
  const notes: Note[] = []
  const server = await receiveNotes(notes)
  const env = {
    ...jobEnv(),
    ...secrets(),
    GITLAB_CI: 'true',
    GITLAB_TOKEN: 'secret',
    CI_API_V4_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    CI_PROJECT_ID: '7',
  }
  const runJob = async (variables: NodeJS.ProcessEnv) => {
    await rm(join(project, 'summary.md'), { force: true })
    const job = await shell(gitlab.script.join('\n'), { ...env, ...variables })
    const after = await shell(gitlab.after_script.join('\n'), { ...env, ...variables })
    expect(after.code, after.output).toBe(0)
    return job
  }
  git('checkout', '--quiet', 'main')
  const main = await runJob({ CI_COMMIT_BRANCH: 'main', ...gitlab.rules[1]!.variables })
  expect(main.code, main.output).toBe(0)
  expect(main.output).toContain('main')
  expect(notes).toEqual([])

  git('checkout', '--quiet', 'broken')
  const broken = await runJob({ CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_IID: '3' })
  expect(broken.code, broken.output).toBe(1)
  expect(notes).toMatchObject([{ url: '/projects/7/merge_requests/3/notes', token: 'secret' }])
  expect(notes[0]!.body).toContain('guess')
  server.close()
})
