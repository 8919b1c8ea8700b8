import { afterAll } from 'vitest'
import { removeTemporaryDirectories } from './temporary-directory.ts'

// A setup file, since vitest runs it for each test file, and registers its hooks before those of the file: they run after them.
afterAll(removeTemporaryDirectories)
