#!/usr/bin/env node
// Plain JavaScript that any Node parses, so that an old one says what is wrong in a sentence instead of a
// syntax error. It loads the emitted file of the package, or the source of a checkout.
import { existsSync } from 'node:fs'
import * as module from 'node:module'

const wanted = 24
const found = Number(process.versions.node.split('.')[0])
if (found < wanted) {
  process.stderr.write(
    `claimgate needs Node.js ${wanted} or later, this is ${process.version}: install a current Node.js, or in a checkout run "npm run -s claimgate -- COMMAND", which brings its own.\n`,
  )
  process.exit(2)
}
// Compiled code is kept between starts: a start takes a third less. Where it cannot be kept, nothing happens.
module.enableCompileCache?.()
const source = new URL('../src/main.ts', import.meta.url)
const emitted = new URL('../dist/main.js', import.meta.url)
const entry = existsSync(source) ? source : emitted
const { main } = await import(entry.href)
process.exitCode = await main(process.argv.slice(2))
