// docs/apis.md as a reader follows it: its blocks are run, in the order of the page, in a copy of the checkout and with
// free ports. `example` and YAML without a name are only shown. `provider` is what needs the reader's own provider:
// oidc-provider stands there, and its addresses are put in the place of those of the page.
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { program, tokensOfPerson } from '../support/access-tokens.ts'
import { copyCheckout } from '../support/checkout.ts'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { startOp } from '../support/op.ts'
import { blocksOf, type PageBlock, showsOutput } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const { folder: checkout, remove, env } = copyCheckout()
const ports = new Map<string, number>()
for (const shown of ['8080', '8081', '5000', '9100']) ports.set(shown, await freePort())
const onFreePorts = (text: string): string =>
  [...ports].reduce((all, [shown, taken]) => all.replaceAll(`:${shown}`, `:${taken}`), text)

const audience = 'https://api.example.com'
const op = await startOp({
  clients: [
    {
      ...{ client_id: 'customer-7', client_secret: 'the-secret', redirect_uris: [], response_types: [] },
      grant_types: ['client_credentials'],
    },
    { ...program, grant_types: ['authorization_code', 'refresh_token'] },
  ],
  configuration: {
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({ scope: 'read', audience, accessTokenFormat: 'jwt' }),
        useGrantedResource: () => true,
      },
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: () => true,
  },
  resources: { [audience]: 'read' },
})
const providerPort = await freePort()
op.register({ redirectUris: [] })
const { refreshToken } = await tokensOfPerson(op, 'alice', { resource: audience, scope: 'read' })

/** What the page says of a provider of the reader's, and of an API at it. */
function atProvider(text: string): string {
  return onFreePorts(text)
    .replaceAll('https://login.example.com', op.issuer)
    .replaceAll(`url: ${audience}`, `url: http://localhost:${providerPort}`)
    .replaceAll(`${audience}/`, `http://localhost:${providerPort}/`)
    .replaceAll('10.0.0.5', '127.0.0.1')
    .replaceAll('the-secret-of-the-mobile-app', program.client_secret)
    .replaceAll('mobile-app', program.client_id)
}

const servers: Child[] = []
t.teardown(async () => {
  for (const child of servers) await stopChild(child)
  await op.close()
  remove()
})

let everyTerminal = ''
let printed = ''

/** Whether the command went well. The provider of this process answers meanwhile. */
async function type(command: string): Promise<boolean> {
  const options = { cwd: checkout, env: { ...env, REFRESH_TOKEN: refreshToken } }
  const { promise, resolve } = Promise.withResolvers<boolean>()
  execFile('bash', ['-e', '-c', everyTerminal + command], options, (error, stdout, stderr) => {
    printed = stdout + (error === null ? '' : stderr)
    resolve(error === null)
  })
  return promise
}

/** Started, and answering at the port that its block or its file says. */
async function leaveRunning({ text, place }: Pick<PageBlock, 'text' | 'place'>): Promise<void> {
  const command = `${everyTerminal}exec ${onFreePorts(text)}`
  const child = startChild('bash', ['-c', command], { cwd: checkout, env })
  servers.push(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more) => (said += more))
  const seen = () => (child.exitCode === null ? said : `it ended: ${said}`)
  await poll(`${place} to be ready`, seen, (all) => /Listening at|gateway\.started/.test(all))
}

function write(name: string, text: string): void {
  const path = join(checkout, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** Of the reader's own provider the page shows no start: a gateway with this file listens. */
async function startAtProvider({ text, place }: PageBlock): Promise<void> {
  const head = `listen: "127.0.0.1:${providerPort}"\nadmin: false\ndata: data-at-provider\n`
  write('api/provider.yaml', head + atProvider(text))
  await leaveRunning({ place, text: 'node bin/claimgate.js serve -c api/provider.yaml' })
}

const blocks = blocksOf('docs/apis.md')

for (const [index, block] of blocks.entries()) {
  const { language, task, text, place } = block
  const next = blocks[index + 1]
  // What stands alone is loaded by test/repository/docs-examples.
  if (task === 'example' || (language === 'yaml' && task === '')) continue
  t.test(`${place} ${language} ${task}`.trim(), async (t) => {
    if (language === 'sh' && task === '') t.ok(await type(onFreePorts(text)), printed)
    else if (language === 'sh' && task === 'provider') t.ok(await type(atProvider(text)), printed)
    else if (language === 'yaml' && task === 'provider') await startAtProvider(block)
    else if (language === 'sh' && task === 'server') await leaveRunning(block)
    else if (language === 'sh' && task === 'every terminal') everyTerminal += onFreePorts(text)
    else if (language === 'sh' && task === 'soon') {
      const again = async () => ((await type(onFreePorts(text))) ? printed : '')
      await poll(`${place} to say so`, again, (said) => showsOutput(said, next?.text ?? ''))
    } else if (language === 'text' && task === 'output')
      t.ok(showsOutput(printed, text), `${place}\n${printed}`)
    else if (task.startsWith('api/')) write(task, onFreePorts(text))
    else t.fail(`${place}: nobody runs this`)
  })
}

t.test('the page has blocks of every kind', async (t) => {
  const kinds = new Set(blocks.map(({ language, task }) => `${language} ${task.split(' ')[0]}`))
  const wanted = ['sh ', 'sh server', 'sh soon', 'text output', 'yaml api/claimgate.yaml', 'yaml provider']
  for (const kind of [...wanted, 'sh provider', 'yaml api/widgets.yaml']) t.ok(kinds.has(kind), kind)
})
