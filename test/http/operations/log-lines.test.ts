import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createLineWriter } from '../../../src/http/operations/log-lines.ts'

const options = { waitingAtMost: 10_000_000, droppedLine: (count: number) => `dropped ${count}\n` }
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
  const log = createLineWriter(openSync(file, 'w'), options)
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
    const log = createLineWriter(1, { waitingAtMost: 10_000_000 })
    for (let i = 0; i < 50_000; i++) log.write('line ' + i + ' ' + 'x'.repeat(80) + '\\n')
    process.exit(0)`)
  const found = text.trimEnd().split('\n')
  t.equal(found.length, 50_000)
  t.match(found.at(-1), /^line 49999 x+$/)
})

t.test('a reader that is gone stops nobody', async (t) => {
  const source = `import { createLineWriter } from ${JSON.stringify(writer)}
    const log = createLineWriter(1, { waitingAtMost: 10_000_000 })
    process.stdin.on('data', () => { log.write('x\\n'); setTimeout(() => process.exit(7), 20) })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdout.destroy()
  child.stdin.write('go')
  t.equal(await new Promise((resolve) => child.on('exit', resolve)), 7)
})

/** A program whose descriptor 1 is a pipe that nobody reads until the test does. It is killed when it hangs. */
function unread(t: Test, program: string): ChildProcess & { readonly exited: Promise<unknown> } {
  const source = `import { createLineWriter } from ${JSON.stringify(writer)}
    const log = createLineWriter(1, { waitingAtMost: 100_000, droppedLine: (count) => 'dropped ' + count + '\\n' })
    const write = (lines) => { for (let i = 0; i < lines; i++) log.write(String(i).padStart(99) + '\\n') }
    ${program}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const exited = once(child, 'exit').then(([code, signal]) => {
    clearTimeout(deadline)
    return signal ?? code
  })
  t.teardown(() => child.kill('SIGKILL'))
  return Object.assign(child, { exited })
}

t.test(
  'a reader that stalls stops nobody; what was dropped is counted, and said when it reads again',
  async (t) => {
    const child = unread(
      t,
      `process.stdin.on('data', () => { log.write('last\\n'); process.exit(3) })
    write(10_000)
    // Turns go by while nobody reads, and the bound still holds.
    setTimeout(() => { write(10_000); process.stderr.write(String(log.dropped())) }, 50)`,
    )
    const counted = await Promise.race([once(child.stderr ?? child, 'data').then(String), child.exited])
    t.match(counted, /^\d{5}$/, 'it goes on, and says how many were dropped')
    let text = ''
    const ended = once(child.stdout ?? child, 'end')
    child.stdout?.on('data', (piece) => {
      const told = text.includes('dropped')
      text += piece
      if (!told && text.includes('dropped')) child.stdin?.write('on')
    })
    t.equal(await child.exited, 3)
    await ended
    const lines = text.trimEnd().split('\n')
    const kept = lines.slice(0, -2)
    t.same(
      kept.map(Number),
      kept.map((_line, at) => at),
      'the oldest were kept, whole and in their order',
    )
    t.equal(lines.at(-2), `dropped ${20_000 - kept.length}`)
    t.equal(counted, String(20_000 - kept.length))
    t.equal(lines.at(-1), 'last')
    t.ok(kept.length >= 1000, 'as many as may wait')
    t.ok(kept.length < 8000, 'and no more than those, and what a pipe holds')
  },
)

t.test('a reader that stalls does not keep the process from its exit', async (t) => {
  const child = unread(t, 'write(10_000); process.exit(3)')
  t.equal(await child.exited, 3)
})

t.test('a reader that reads on while the process exits gets every line that waited', async (t) => {
  const child = unread(
    t,
    `process.stdin.on('data', () => process.exit(3))
    write(900)
    process.stderr.write('wrote')`,
  )
  await once(child.stderr ?? child, 'data')
  child.stdin?.write('exit')
  let text = ''
  const ended = once(child.stdout ?? child, 'end')
  child.stdout?.on('data', (piece) => {
    text += piece
  })
  t.equal(await child.exited, 3)
  await ended
  t.equal(text.split('\n').length, 901)
})
