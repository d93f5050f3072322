// docs/apis.md as a reader follows it: every block of its first part is run, in the order of the page, in a copy of the
// checkout and with free ports.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { copyCheckout } from '../support/checkout.ts'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { blocksOf, type PageBlock, showsOutput } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const { folder: checkout, remove, env } = copyCheckout()
const ports = { 8080: await freePort(), 5000: await freePort(), 9100: await freePort() }
const onFreePorts = (text: string): string =>
  Object.entries(ports).reduce((all, [shown, taken]) => all.replaceAll(`:${shown}`, `:${taken}`), text)

const servers: Child[] = []
t.teardown(async () => {
  for (const child of servers) await stopChild(child)
  remove()
})

let everyTerminal = ''
let printed = ''

function type({ text }: PageBlock): number | null {
  const command = everyTerminal + onFreePorts(text)
  const ran = spawnSync('bash', ['-e', '-c', command], { cwd: checkout, env, encoding: 'utf8' })
  printed = ran.stdout + (ran.status === 0 ? '' : ran.stderr)
  return ran.status
}

/** Started, and answering at the port that its block or its file says. */
async function leaveRunning({ text, place }: PageBlock): Promise<void> {
  const command = `${everyTerminal}exec ${onFreePorts(text)}`
  const child = startChild('bash', ['-c', command], { cwd: checkout, env })
  servers.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more) => (said += more))
  const seen = () => (child.exitCode === null ? said : `it ended: ${said}`)
  await poll(`${place} to be ready`, seen, (all) => /Listening at|gateway\.started/.test(all))
}

const blocks = blocksOf('docs/apis.md')

for (const [index, block] of blocks.entries()) {
  const { language, task, text, place } = block
  const next = blocks[index + 1]
  // What stands alone is loaded by test/repository/docs-examples.
  if (task === 'example' || (language === 'yaml' && task === '')) continue
  t.test(`${place} ${language} ${task}`.trim(), async (t) => {
    if (language === 'sh' && task === '') t.equal(type(block), 0, printed)
    else if (language === 'sh' && task === 'server') await leaveRunning(block)
    else if (language === 'sh' && task === 'every terminal') everyTerminal += onFreePorts(text)
    else if (language === 'sh' && task === 'soon') {
      const again = () => (type(block) === 0 ? printed : '')
      await poll(`${place} to say so`, again, (said) => showsOutput(said, next?.text ?? ''))
    } else if (language === 'text' && task === 'output')
      t.ok(showsOutput(printed, text), `${place}\n${printed}`)
    else if (task.startsWith('api/')) {
      const path = join(checkout, task)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, onFreePorts(text))
    } else t.fail(`${place}: nobody runs this`)
  })
}

t.test('the page has blocks of every kind', async (t) => {
  const kinds = new Set(blocks.map(({ language, task }) => `${language} ${task.split(' ')[0]}`))
  for (const kind of ['sh ', 'sh server', 'sh soon', 'text output', 'yaml api/claimgate.yaml'])
    t.ok(kinds.has(kind), kind)
})
