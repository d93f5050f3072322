import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { healthSocketPaths, placeSocket, prepareDraft, removeSocket } from '../../src/runtime/health-path.ts'
import { loadRules } from '../support/rules.ts'
import { orThrown } from '../support/thrown.ts'

const {
  listeners: [listen],
} = loadRules('  require: signed_in\n').gateway
const pathsOf = (dataFolder: string, port = 8443): readonly string[] =>
  healthSocketPaths({ dataFolder, listeners: [{ ...listen, port }] })
const pathOf = (dataFolder: string, port = 8443): string => pathsOf(dataFolder, port)[0] ?? ''

t.test('the socket is in the data folder, named by the port', async (t) => {
  t.equal(
    orThrown(() => pathOf('/data')),
    '/data/health-8443.sock',
  )
  t.equal(pathOf('/data', 443), '/data/health-443.sock')
})

t.test(
  'a path that is too long for a socket is one of the system’s folder, of its own for each',
  async (t) => {
    const rest = '/health-8443.sock'.length
    const longest = `/${'d'.repeat(96 - rest - 1)}`
    t.equal(pathOf(longest), `${longest}/health-8443.sock`, 'to the last byte')
    t.doesNotThrow(() => pathOf(`${longest}d`))
    const short = pathOf(`${longest}d`)
    t.match(short, /\/claimgate-[0-9a-f]{16}\.sock$/)
    t.equal(join(short, '..'), tmpdir())
    t.equal(pathOf(`${longest}d`), short, 'the same whenever it is asked')
    for (const other of [pathOf(`${longest}e`), pathOf(`${longest}d`, 443)]) t.not(other, short)
    t.match(pathOf(`/${'é'.repeat(60)}`), /claimgate-/, 'bytes count, not characters')
  },
)

t.test(
  'where the data folder cannot be written the system’s folder is next, and nothing after it',
  async (t) => {
    const [, elsewhere = '', ...more] = pathsOf('/data')
    t.equal(join(elsewhere, '..'), tmpdir())
    t.match(elsewhere, /\/claimgate-[0-9a-f]{16}\.sock$/)
    t.same(more, [])
    t.not(pathsOf('/data', 443)[1], elsewhere, 'one for each gateway')
    t.not(pathsOf('/other')[1], elsewhere)
    t.equal(pathsOf(`/${'d'.repeat(100)}`).length, 1)
  },
)

t.test('the folder of a draft is made, for this user alone; a draft that was left is gone', async (t) => {
  const folder = t.testdir({})
  const path = join(folder, 'not', 'yet', 'health-8443.sock')
  const draft = prepareDraft(path)
  t.equal(draft, `${path}.${process.pid}`)
  t.equal(
    orThrown(() => statSync(join(folder, 'not', 'yet')).mode & 0o777),
    0o700,
  )
  writeFileSync(draft, 'left behind')
  t.equal(prepareDraft(path), draft)
  t.same(readdirSync(join(folder, 'not', 'yet')), [])
  t.throws(() => prepareDraft(join(draft, 'x', 'health.sock')) && prepareDraft('/proc/no/health.sock'), {
    code: 'ENOENT',
  })
})

t.test('a socket is put over one that was left, and known by its mark', async (t) => {
  const folder = t.testdir({ old: 'old', draft: 'new' })
  const [draft, path] = [join(folder, 'draft'), join(folder, 'old')]
  const { ino } = statSync(draft)
  t.equal(placeSocket(draft, path), ino)
  t.same(readdirSync(folder), ['old'])
  t.equal(readFileSync(path, 'utf8'), 'new')
})

t.test('where it cannot be put there is none, and no draft is left', async (t) => {
  const folder = t.testdir({ draft: 'new' })
  t.equal(placeSocket(join(folder, 'draft'), join(folder, 'missing', 'health.sock')), null)
  t.same(readdirSync(folder), [])
  t.doesNotThrow(() => t.equal(placeSocket(join(folder, 'none'), join(folder, 'health.sock')), null))
})

t.test('a mark removes that very socket, and no other that took its place', async (t) => {
  const folder = t.testdir({ socket: 'mine' })
  const path = join(folder, 'socket')
  const mine = statSync(path).ino
  mkdirSync(join(folder, 'aside'))
  writeFileSync(join(folder, 'aside', 'other'), 'theirs')
  const other = statSync(join(folder, 'aside', 'other')).ino
  removeSocket(path, other)
  t.same(readdirSync(folder), ['aside', 'socket'])
  removeSocket(path, mine)
  t.same(readdirSync(folder), ['aside'])
  t.doesNotThrow(() => removeSocket(path, mine), 'nor is it a fault that there is none')
  t.doesNotThrow(() => removeSocket(path))
  writeFileSync(path, 'whose ever')
  removeSocket(path)
  t.same(readdirSync(folder), ['aside'], 'without a mark whatever stands there')
})
