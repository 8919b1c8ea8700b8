import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository } from './installation.ts'

/** A user's project outside the repository. */
export interface ScratchProject extends AsyncDisposable {
  readonly directory: string
}

export interface ScratchProjectOptions {
  /** Folders of our packages: installed from their tarballs, as from a registry. */
  readonly ours: readonly string[]
  /** Packages of others, with their exact versions. */
  readonly dependencies: Readonly<Record<string, string>>
  /** A directory of the repository whose files the project has. */
  readonly files?: string
}

export async function createScratchProject({
  ours,
  dependencies,
  files,
}: ScratchProjectOptions): Promise<ScratchProject> {
  const directory = await mkdtemp(join(tmpdir(), 'weir-scratch-'))
  const tarballs = join(directory, 'tarballs')
  await mkdir(tarballs)
  for (const folder of ours) {
    execFileSync('npm', ['pack', '--pack-destination', tarballs], {
      cwd: join(repository, folder),
      stdio: 'pipe',
    })
  }
  const packed = await readdir(tarballs)
  if (packed.length !== ours.length) throw new Error(`expected ${ours.length} tarballs, got ${packed.length}`)
  if (files !== undefined) await cp(join(repository, files), directory, { recursive: true })
  await writeFile(
    join(directory, 'package.json'),
    JSON.stringify({ name: 'scratch', private: true, type: 'module', dependencies }),
  )
  const paths = packed.map((file) => join(tarballs, file))
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...paths], {
    cwd: directory,
    stdio: 'pipe',
  })
  return {
    directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
