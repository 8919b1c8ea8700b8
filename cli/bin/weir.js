#!/usr/bin/env node
import module from 'node:module'

// Plain JavaScript that any Node can parse, so that an old one gets a message instead of a syntax error.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `weir: this is Node ${process.versions.node}, expected 22.18 or newer: install it from https://nodejs.org`,
  )
  process.exit(2)
}
// Compiled once for all commands and processes: a command starts a fifth faster.
module.enableCompileCache()
import('../dist/main.js').then(
  ({ main }) => main(process.argv.slice(2)),
  (error) => {
    console.error(error)
    process.exitCode = 2
  },
)
