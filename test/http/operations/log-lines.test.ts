import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createLineWriter } from '../../../src/http/operations/log-lines.ts'

const writer = new URL('../../../src/http/operations/log-lines.ts', import.meta.url).href

/** Runs a program whose descriptor 1 is a pipe, and reads it with a pause before each piece. */
function lines(program: string): Promise<string> {
  const source = `import { createLineWriter } from ${JSON.stringify(writer)}\n${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (piece) => {
    text += piece
    child.stdout.pause()
    setImmediate(() => child.stdout.resume())
  })
  return new Promise((resolve) => child.on('close', () => resolve(text)))
}

t.test('the lines of one turn are written at its end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-lines-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'log')
  const log = createLineWriter(openSync(file, 'w'))
  log.write('one\n')
  log.write('two\n')
  t.equal(readFileSync(file, 'utf8'), '')
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(readFileSync(file, 'utf8'), 'one\ntwo\n')
  log.write('three\n')
  log.flush()
  t.equal(readFileSync(file, 'utf8'), 'one\ntwo\nthree\n')
})

t.test('no line is lost to a slow reader, nor to the end of the process', async (t) => {
  const text = await lines(`
    const log = createLineWriter(1)
    for (let i = 0; i < 50_000; i++) log.write('line ' + i + ' ' + 'x'.repeat(80) + '\\n')
    process.exit(0)`)
  const found = text.trimEnd().split('\n')
  t.equal(found.length, 50_000)
  t.match(found.at(-1), /^line 49999 x+$/)
})

t.test('a reader that is gone stops nobody', async (t) => {
  const source = `import { createLineWriter } from ${JSON.stringify(writer)}
    const log = createLineWriter(1)
    process.stdin.on('data', () => { log.write('x\\n'); setTimeout(() => process.exit(7), 20) })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdout.destroy()
  child.stdin.write('go')
  t.equal(await new Promise((resolve) => child.on('exit', resolve)), 7)
})
