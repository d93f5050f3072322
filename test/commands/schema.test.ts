import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/schema.ts'
import { exampleFiles, root } from '../support/examples.ts'
import { runIn } from './run.ts'

interface Schema {
  readonly description?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly $defs?: Readonly<Record<string, Schema>>
}

const shipped = readFileSync(`${root}config/claimgate.schema.json`, 'utf8')
const schema: Schema = JSON.parse(shipped)

t.test('it prints the schema that is shipped', async (t) => {
  const { code, stdout, stderr } = await runIn(command, [], { cwd: '/' })
  t.equal(code, 0)
  t.equal(stderr, '')
  t.equal(stdout, shipped)
  t.match(await runIn(command, ['--json'], { cwd: '/' }), { code: 0, stdout: shipped })
  t.match(await runIn(command, ['--help'], { cwd: '/' }), { code: 0, stdout: /yaml-language-server/ })
  t.match(await runIn(command, ['x'], { cwd: '/' }), { code: 2, stdout: '' })
})

t.test('a reader that has seen enough ends it without a fault', async (t) => {
  const script = `{ "${process.execPath}" bin/claimgate.js schema; echo "status $?" >&2; } | head -c 1`
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script], { cwd: root, encoding: 'utf8' })
  t.same([stdout, stderr], ['{', 'status 0\n'])
})

t.test('every key, and every matcher, has its sentence: what editors show', async (t) => {
  let keys = 0
  for (const [path, one] of propertiesOf(schema, '')) {
    keys += 1
    t.ok((one.description ?? '').length > 10, path)
  }
  t.ok(keys > 100, `${keys} keys`)
  const matchers = JSON.stringify(schema.$defs?.matcher)
  for (const name of ['is', 'matches', 'starts_with', 'domain', 'at_least', 'exists', 'has', 'not']) {
    t.match(matchers, `"${name}":{"description":`)
  }
})

t.test('the first line of every example leads editors to it', async (t) => {
  for (const file of exampleFiles) {
    const [line = ''] = readFileSync(`${root}${file}`, 'utf8').split('\n')
    const [, target = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(line) ?? []
    t.equal(basename(target), 'claimgate.schema.json', file)
    t.equal(readFileSync(new URL(target, `file://${root}${file}`), 'utf8'), shipped, file)
  }
})

t.test('the package has it', async (t) => {
  const { files } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  t.ok(files.includes('config'))
  t.match(readFileSync(`${root}Dockerfile`, 'utf8'), /^COPY config \.\/config$/m)
})

function* propertiesOf(value: unknown, path: string): Generator<readonly [string, Schema]> {
  if (typeof value !== 'object' || value === null) return
  const { properties }: Schema = value
  if (typeof properties === 'object') {
    for (const [name, one] of Object.entries(properties)) yield [`${path}.${name}`, one]
  }
  for (const [name, one] of Object.entries(value)) yield* propertiesOf(one, `${path}.${name}`)
}

t.test('--tests: the schema of test files', async (t) => {
  const { code, stdout } = await runIn(command, ['--tests'], { cwd: '/' })
  t.equal(code, 0)
  t.equal(stdout, readFileSync(`${root}config/claimgate-tests.schema.json`, 'utf8'))
  const tests: Schema = JSON.parse(stdout)
  t.same(Object.keys(tests.properties ?? {}), ['persons', 'cases'])
  for (const [path, one] of propertiesOf(tests, '')) t.ok((one.description ?? '').length > 10, path)
})
