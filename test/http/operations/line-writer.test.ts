// A log whose reader is slow, in one process: a FIFO is both ends, and timers go by when the test says.
import { execFileSync } from 'node:child_process'
import fs, { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createLineWriter } from '../../../src/http/operations/log-lines.ts'
import { orThrown } from '../../support/thrown.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A pipe that never blocks, and what a reader takes out of it. */
function openPipe(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-fifo-'))
  const path = join(folder, 'log')
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => {
    mock.timers.reset()
    rmSync(folder, { recursive: true })
  })
  const read = (most = 1_000_000): string => {
    const into = Buffer.alloc(most)
    let bytes = 0
    try {
      while (bytes < most) bytes += readSync(fd, into, bytes, most - bytes, null)
    } catch {
      // Empty: EAGAIN.
    }
    return into.subarray(0, bytes).toString()
  }
  /** Nobody reads: as many bytes as it holds. */
  const fill = (): number => {
    let bytes = 0
    try {
      for (;;) bytes += writeSync(fd, Buffer.alloc(4096, '.'))
    } catch {
      return bytes
    }
  }
  return { fd, read, fill }
}

const droppedLine = (count: number) => `dropped ${count}\n`
const numbered = (from: number, to: number, length = 10) =>
  Array.from({ length: to - from }, (_, i) => `${String(from + i).padStart(length - 1, '0')}\n`)

/** A descriptor by its writes: each is taken whole, or as the test says. */
function heldWrites(t: Test) {
  const written: string[] = []
  /** How many bytes of a piece are taken; null: none, as of a pipe that is full. */
  const state: { takes: (length: number) => number | null } = { takes: (length) => length }
  const mocked = mock.method(fs, 'writeSync', (_fd: number, piece: Buffer): number => {
    const taken = state.takes(piece.length)
    if (taken === null) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
    written.push(piece.subarray(0, taken).toString())
    return taken
  })
  syncBuiltinESMExports()
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => {
    mocked.mock.restore()
    syncBuiltinESMExports()
    mock.timers.reset()
  })
  return { written, state }
}

t.test('what is taken in parts goes on where it stopped', async (t) => {
  const { written, state } = heldWrites(t)
  const log = createLineWriter(7, { waitingAtMost: 1_000_000, droppedLine })
  let left = 10
  state.takes = (length) => {
    if (left-- <= 0) return null
    return Math.min(3, length)
  }
  const calls = orThrown(() => {
    log.write('0123456789\n')
    log.flush()
    return written.splice(0)
  })
  t.same(calls, ['012', '345', '678', '9\n'])
  t.equal(left, 6, 'and no further')
})

t.test('small pieces that wait are joined, large ones are not copied', async (t) => {
  const { written, state } = heldWrites(t)
  const log = createLineWriter(7, { waitingAtMost: 1_000_000, droppedLine })
  state.takes = () => null
  const write = (line: string) => {
    log.write(line)
    log.flush()
  }
  for (const line of ['a\n', 'b\n', 'c\n']) write(line)
  state.takes = (length) => length
  log.flush()
  t.same(written.splice(0), ['a\nb\nc\n'])
  state.takes = () => null
  const large = `${'x'.repeat(64 * 1024 - 1)}\n`
  for (const line of [large, 'b\n', 'c\n', large, 'd\n']) write(line)
  state.takes = (length) => length
  log.flush()
  t.same(
    written.splice(0).map((piece) => piece.length),
    [64 * 1024, 64 * 1024 + 4, 2],
    'up to a size',
  )
  log.flush()
  mock.timers.tick(100)
  t.same(written, [], 'nothing is written where there is nothing')
})

t.test(
  'in quiet times a line goes at the end of the turn, and soon after it the next ones together',
  async (t) => {
    const { fd, read } = openPipe(t)
    const log = createLineWriter(fd, { waitingAtMost: 1000, droppedLine })
    log.write('one\n')
    t.equal(read(), '')
    await turn()
    t.equal(read(), 'one\n')
    log.write('two\n')
    log.write('three\n')
    await turn()
    t.equal(read(), '', 'they wait for company')
    mock.timers.tick(4)
    t.equal(read(), '')
    mock.timers.tick(1)
    t.equal(read(), 'two\nthree\n')
    log.write('four\n')
    await turn()
    t.equal(read(), '', 'as long as lines come')
    mock.timers.tick(5)
    t.equal(read(), 'four\n')
    mock.timers.tick(5)
    t.equal(read(), '')
    log.write('five\n')
    await turn()
    t.equal(read(), 'five\n', 'and in quiet times at once again')
    log.write('six\n')
    log.flush()
    t.equal(read(), 'six\n', 'or when it is asked for')
    t.equal(log.dropped(), 0)
  },
)

t.test(
  'what a reader does not take waits up to the bound, and goes in its order when it reads',
  async (t) => {
    const { fd, read, fill } = openPipe(t)
    const held = fill()
    const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
    for (const line of numbered(0, 10)) log.write(line)
    await turn()
    mock.timers.tick(10)
    t.equal(log.dropped(), 0, 'as many as may wait')
    t.equal(read().length, held)
    t.equal(read(), '')
    mock.timers.tick(10)
    t.equal(read(), numbered(0, 10).join(''), 'it is tried again')
    mock.timers.tick(10)
    t.equal(read(), '', 'and no line of dropped ones, as there are none')
  },
)

t.test('lines beyond the bound are dropped and counted, and told of once when it reads again', async (t) => {
  const { fd, read, fill } = openPipe(t)
  fill()
  const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
  for (const line of numbered(0, 12)) log.write(line)
  t.equal(log.dropped(), 2)
  log.flush()
  log.write('short\n')
  t.equal(log.dropped(), 3, 'none goes before those that were dropped are told of')
  read()
  mock.timers.tick(10)
  t.equal(read(), `${numbered(0, 10).join('')}dropped 3\n`)
  log.write('later\n')
  log.flush()
  t.equal(read(), 'later\n', 'they are told of once')
  t.equal(log.dropped(), 3, 'and counted since the start')
})

t.test('a line that finds no room first gives what the reader takes by now', async (t) => {
  const { fd, read, fill } = openPipe(t)
  fill()
  const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
  for (const line of numbered(0, 10)) log.write(line)
  log.flush()
  read()
  log.write('fits now\n')
  t.equal(log.dropped(), 0)
  log.flush()
  t.equal(read(), `${numbered(0, 10).join('')}fits now\n`)
})

t.test('lines that wait in this turn count as those that wait already', async (t) => {
  const { fd, fill } = openPipe(t)
  fill()
  const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
  for (const line of numbered(0, 6)) log.write(line)
  log.flush()
  for (const line of numbered(6, 10)) log.write(line)
  t.equal(log.dropped(), 0)
  log.write('1')
  t.equal(log.dropped(), 1)
})

t.test('a reader at the edge is told when half of what waited is gone, not of every line', async (t) => {
  const { fd, read, fill } = openPipe(t)
  const held = fill()
  const log = createLineWriter(fd, { waitingAtMost: 40_960, droppedLine })
  const lines = numbered(0, 41, 1024)
  for (const line of lines) log.write(line)
  t.equal(log.dropped(), 1)
  let text = read(4096)
  mock.timers.tick(10)
  log.flush()
  log.write('not yet\n')
  t.equal(log.dropped(), 2, 'more than half still waits')
  text += read(held)
  log.flush()
  text += read()
  log.flush()
  text += read()
  const waited = text.slice(held)
  t.equal(waited, `${lines.slice(0, 40).join('')}dropped 2\n`, 'whole, in order, and the count behind')
})

t.test('a reader that is gone costs its lines and nothing else', async (t) => {
  const { fd } = openPipe(t)
  const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
  closeSync(fd)
  for (const line of numbered(0, 50)) {
    log.write(line)
    t.equal(
      orThrown(() => log.flush()),
      undefined,
    )
  }
  t.equal(log.dropped(), 0, 'nothing waits for nobody')
})

t.test('no timer of it keeps a process alive', async (t) => {
  const { fd, fill } = openPipe(t)
  mock.timers.reset()
  fill()
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const log = createLineWriter(fd, { waitingAtMost: 100, droppedLine })
  log.write('waits\n')
  log.flush()
  t.equal(timers(), before)
})

/** The end of a process that has a log, at which nothing but waiting is left; how often it waited, and for how long. */
function atExit(t: Test, whileWaiting: (waits: number) => void) {
  const before = new Set(process.listeners('exit'))
  const log = createLineWriter(7, { waitingAtMost: 1_000_000, droppedLine })
  const [finish] = process.listeners('exit').filter((listener) => !before.has(listener))
  let waits = 0
  const pauses = new Set<unknown>()
  const mocked = mock.method(Atomics, 'wait', (_in: unknown, _at: unknown, _value: unknown, ms: number) => {
    waits += 1
    pauses.add(ms)
    // One that never ends: the test sees what did not happen.
    if (waits > 2_000) throw new Error('it waits for ever')
    whileWaiting(waits)
    return 'timed-out'
  })
  t.teardown(() => {
    mocked.mock.restore()
    process.off('exit', finish as () => void)
  })
  return {
    log,
    finish: () => {
      const thrown = orThrown(() => finish?.call(process, 0))
      return { waits, pauses: [...pauses], thrown }
    },
  }
}

t.test('at its end a process waits for a reader that reads, and no longer', async (t) => {
  const { written, state } = heldWrites(t)
  state.takes = () => null
  const { log, finish } = atExit(t, (waits) => {
    if (waits === 7) state.takes = (length) => length
  })
  log.write('one\n')
  log.write('two\n')
  t.same(finish(), { waits: 7, pauses: [10], thrown: undefined })
  t.equal(written.join(''), 'one\ntwo\n')
  t.same(finish(), { waits: 7, pauses: [10], thrown: undefined }, 'where nothing waits there is no waiting')
})

t.test('it waits a hundred times in vain in a row, and not for ever', async (t) => {
  const { state } = heldWrites(t)
  state.takes = () => null
  const { log, finish } = atExit(t, () => {})
  log.write('one\n')
  t.equal(finish().waits, 100)
})

t.test('a reader that takes a little now and then has five hundred in all', async (t) => {
  for (const [every, waited] of [
    [1, 500],
    [90, 500],
    [100, 500],
    [101, 100],
  ] as const) {
    t.test(`one byte each ${every} times: ${waited} waits`, async (t) => {
      const { written, state } = heldWrites(t)
      let full = true
      state.takes = () => {
        if (full) return null
        full = true
        return 1
      }
      const { log, finish } = atExit(t, (waits) => {
        full = waits % every !== 0
      })
      log.write(`${'x'.repeat(5_000)}\n`)
      t.equal(finish().waits, waited)
      t.equal(written.length, Math.floor(waited / every))
    })
  }
})
