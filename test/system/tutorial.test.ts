// docs/tutorial.md as a reader follows it: every block is run, in the order of the page, in a copy of the checkout and
// with free ports. What needs containers is in compose.ts.
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { Browser, type Page } from '../support/browser.ts'
import { copyCheckout } from '../support/checkout.ts'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { root } from '../support/examples.ts'
import { applyDiff, blocksOf, type PageBlock, showsOutput } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const { folder: checkout, remove, ...place } = copyCheckout()

const [gatewayPort, appPort] = [String(await freePort()), String(await freePort())]
/** The page says 8080 and 5000; others on this machine may have them. */
const onFreePorts = (text: string): string =>
  text
    .replaceAll('8080', gatewayPort)
    .replaceAll('5000', appPort)
    .replace('npm run demo --', `npm run demo -- --port ${gatewayPort}`)
const asOnThePage = (text: string): string => text.replaceAll(gatewayPort, '8080').replaceAll(appPort, '5000')

const env = {
  ...place.env,
  // The rules of the demo take its addresses from here; the demo sets it for itself.
  DEMO_URL: `http://localhost:${gatewayPort}`,
}

const servers: { readonly child: Child; readonly said: () => string }[] = []
t.teardown(async () => {
  for (const { child } of servers) await stopChild(child)
  remove()
})

let everyTerminal = ''
let printed = ''

/** The commands of a block, one terminal's worth; what they print is kept for the block that shows it. */
function type(block: PageBlock): number | null {
  const ran = spawnSync('bash', ['-e', '-c', everyTerminal + onFreePorts(block.text)], {
    cwd: checkout,
    env,
    encoding: 'utf8',
  })
  printed = asOnThePage(ran.stdout)
  if (ran.status !== 0) printed += ran.stderr
  return ran.status
}

/** Starts what a reader leaves running in a terminal of its own. */
async function leaveRunning(block: PageBlock): Promise<void> {
  const child = startChild('bash', ['-c', `exec ${onFreePorts(block.text)}`], { cwd: checkout, env })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text))
  servers.push({ child, said: () => asOnThePage(said) })
  const ready = /Listening at|To stop/
  const seen = () => (child.exitCode === null ? said : 'it ended')
  await poll(`${block.place} to be ready`, seen, (text) => ready.test(text))
}

/** Opens an address and presses the button of the person where the provider asks. */
async function open(who: string, url: string): Promise<Page> {
  const browser = new Browser()
  const page = await browser.visit(url)
  if (who === 'nobody') return page
  return browser.visit(page.url, { form: { account: who.toLowerCase() } })
}

/** A saved file is taken up within a second or so: the demo says when. */
const edits = { made: 0 }
const taken = (): number =>
  servers.map(({ said }) => said().split('The new rules are in force').length - 1).reduce((a, b) => a + b, 0)

/** A change of the rules that the demo has to follow. */
function save(name: string, text: string): void {
  const path = join(checkout, name)
  const running = name === 'tutorial/claimgate.yaml' && existsSync(path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  if (running) edits.made += 1
}

const blocks = blocksOf('docs/tutorial.md')

for (const block of blocks) {
  t.test(`${block.place} ${block.language} ${block.task}`.trim(), async (t) => {
    const { language, task, text, place } = block
    const file = /^(?:add to )?(tutorial\/\S+)$/.exec(task)?.[1]
    if (language === 'sh' && task === '') t.equal(type(block), 0, printed)
    else if (language === 'sh' && task === 'fails') t.equal(type(block), 1, printed)
    else if (language === 'sh' && task === 'server') await leaveRunning(block)
    else if (language === 'sh' && task === 'every terminal') everyTerminal += onFreePorts(text)
    else if (language === 'sh' && task === 'docker') t.pass('compose.ts runs these')
    else if (language === 'text' && task === 'output')
      t.ok(showsOutput(printed, text), `${place}\n${printed}`)
    else if (language === 'text' && task === 'terminal') {
      const said = () => servers.map((server) => server.said()).join('\n')
      await poll(`${place} in a terminal`, said, (all) => all.includes(text.trim()))
    } else if (language === 'text' && task === 'browser') {
      await poll('the demo to take up the rules', taken, (times) => times >= edits.made)
      for (const line of text.trimEnd().split('\n')) {
        const [, who = '', url = '', sees = ''] = /^(\w+) +(\S+) +(.+)$/.exec(line) ?? []
        const { body, status } = await open(who, onFreePorts(url))
        t.ok(body.includes(sees), `${place} ${line}\n${status} ${body.slice(0, 2000)}`)
      }
    } else if (file !== undefined && task.startsWith('add to ')) appendFileSync(join(checkout, file), text)
    else if (file !== undefined && language === 'diff')
      save(file, applyDiff(readFileSync(join(checkout, file), 'utf8'), { ...block, text: onFreePorts(text) }))
    else if (file !== undefined) save(file, onFreePorts(text))
    else t.fail(`${place}: nobody runs this`)
  })
}

t.test('the page has blocks of every kind', async (t) => {
  const kinds = new Set(blocks.map(({ language, task }) => `${language} ${task.split(' ')[0]}`))
  for (const kind of ['sh ', 'sh server', 'sh docker', 'text browser', 'text output', 'text terminal'])
    t.ok(kinds.has(kind), kind)
})

t.test('what the tutorial deploys is the example', async (t) => {
  for (const name of ['compose.yaml', 'Dockerfile', 'gateway/claimgate.yaml']) {
    const example = readFileSync(join(root, 'config/examples/compose', name), 'utf8')
    const shown = blocks.find(({ task }) => task === `tutorial/${name}`)?.text
    t.equal(shown, example.replace(/^(?:#.*\n)+/, ''), name)
  }
})
