import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { WEIR } from '@weir/engines/testing'

/** A dashboard alone, as `weir dashboard` starts it, once it says that it is ready. */
export async function startDashboard(
  env: NodeJS.ProcessEnv,
): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = spawn(process.execPath, [WEIR, 'dashboard'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  child.stdout.setEncoding('utf8')
  let said = ''
  while (!said.includes('dashboard is ready')) {
    said += await Promise.race([
      once(child.stdout, 'data').then(([text]) => String(text)),
      ended.then(() => Promise.reject(new Error(`the dashboard ended before it was ready:\n${said}`))),
    ])
  }
  return {
    url: `http://127.0.0.1:${env.WEIR_DASHBOARD_PORT}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
