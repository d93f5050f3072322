// The last part of docs/tutorial.md: the gateway's image and the app's are built as the page's commands say, and each
// service of its compose file is started by the command of its image, with the rights and files that the compose file
// gives it. There is no Docker engine, and no network of compose: the services are in the network of the machine, on
// free ports, and reach each other by the names that compose would give them.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { Browser } from '../support/browser.ts'
import { root } from '../support/examples.ts'
import { visitAs } from '../support/front.ts'
import { startOp } from '../support/op.ts'
import { applyDiff, blocksOf } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'
import { buildGateway, containers } from './gateway-image.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-compose-'))
const op = await startOp()
const [gatewayPort, adminPort, appPort] = [await freePort(), await freePort(), await freePort()]
const url = `http://localhost:${gatewayPort}`
op.register({ redirectUris: [`${url}/.auth/callback`] })

const blocks = blocksOf('docs/tutorial.md')
const here = (text: string): string =>
  text
    .replaceAll('8080', String(gatewayPort))
    .replaceAll('9090', String(adminPort))
    .replaceAll('5000', String(appPort))
    .replaceAll('https://login.example.com', op.issuer)
    .replaceAll('client_id: reports', `client_id: ${op.clientId}`)

const files = new Map<string, string>()
for (const block of blocks) {
  const name = /^tutorial\/(app\.py|Dockerfile|compose\.yaml|gateway\/.+)$/.exec(block.task)?.[1]
  if (name === undefined) continue
  files.set(name, block.language === 'diff' ? applyDiff(files.get(name) ?? '', block) : block.text)
}
for (const [name, text] of files) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), here(text))
}
cpSync(join(root, 'config/examples/flask/claimgate_guard.py'), join(folder, 'claimgate_guard.py'))

/** What the file `.env` of the page holds. */
const secrets: Readonly<Record<string, string>> = {
  GATEWAY_SECRET: 'bJ2mQ9xT5vK8cR1wZ4nL7pH3sD6fG0aY',
  OIDC_CLIENT_SECRET: op.clientSecret,
}
const filled = (text: string): string =>
  text.replaceAll(/\$\{(\w+):\?\}/g, (_, name: string) => {
    const value = secrets[name]
    if (value === undefined) throw new Error(`.env has no ${name}`)
    return value
  })

interface Service {
  readonly [key: string]: unknown
  readonly image?: string
  readonly build?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly read_only?: boolean
}

/** Of those that mean something here; `ports` and `restart` are compose's own. */
const known = [
  'image',
  'build',
  'environment',
  'volumes',
  'tmpfs',
  'cap_drop',
  'security_opt',
  'read_only',
  'ports',
  'restart',
]

/** The arguments of `docker run` that a service stands for. */
function argumentsOf(service: Service, names: readonly string[]): readonly string[] {
  const volume = (text: string): string => text.replace(/^\.\//, `${folder}/`)
  return [
    ...names.flatMap((name) => ['--add-host', `${name}:127.0.0.1`]),
    ...Object.entries(service.environment ?? {}).flatMap(([name, value]) => [
      '--env',
      `${name}=${filled(value)}`,
    ]),
    ...(service.volumes ?? []).flatMap((text) => ['--volume', volume(text)]),
    ...(service.tmpfs ?? []).flatMap((path) => ['--tmpfs', path]),
    ...(service.cap_drop ?? []).flatMap((name) => ['--cap-drop', name]),
    ...(service.security_opt ?? []).flatMap((text) => ['--security-opt', text.replace(/:true$/, '')]),
    ...(service.read_only === true ? ['--read-only'] : []),
  ]
}

const { services }: { readonly services: Readonly<Record<string, Service>> } = parse(
  files.get('compose.yaml') ?? '',
)
t.teardown(async () => {
  await op.close()
  rmSync(folder, { recursive: true, force: true })
})

t.test('the page builds the images that the compose file names', async (t) => {
  const commands = blocks
    .filter(({ task }) => task === 'docker')
    .map(({ text }) => text)
    .join('')
  t.match(commands, /^docker build -t claimgate \.$/m)
  t.match(commands, /^docker compose -f tutorial\/compose\.yaml up --build --detach$/m)
  t.same(
    Object.values(services).map(({ image, build }) => image ?? build),
    ['claimgate', '.'],
  )
  buildGateway()
  containers.build('app', folder)
  t.match(containers.inspect('claimgate'), { User: 'node', Entrypoint: ['claimgate'], Cmd: ['serve'] })
  t.match(containers.inspect('app'), { User: 'www-data' })
})

t.test('each service starts with what the compose file gives it', async (t) => {
  const names = Object.keys(services)
  for (const [name, service] of Object.entries(services)) {
    t.same(
      Object.keys(service).filter((key) => !known.includes(key)),
      [],
      `${name} has keys that this test knows`,
    )
    containers.run(name, service.image ?? 'app', argumentsOf(service, names))
  }
  const up = async (): Promise<unknown> => fetch(`${url}/.auth/health`).then(({ status }) => status, String)
  await poll('the gateway to answer', up, (status) => status === 200)
  const app = async (): Promise<unknown> =>
    fetch(`http://127.0.0.1:${appPort}/`).then(({ status }) => status, String)
  await poll('the app to refuse whoever is not the gateway', app, (status) => status === 403)
})

t.test('people sign in, and the rules of the page hold', async (t) => {
  const seen = async (id: 'alice' | 'adam' | 'olga', path: string) =>
    (await visitAs(new Browser(), id, url + path)).body
  t.match(await seen('alice', '/'), 'Welcome, alice.')
  t.match(await seen('alice', '/reports/2026'), 'This is the report of 2026, alice.')
  t.match(await seen('olga', '/'), 'You have no access to this page')
  t.match((await new Browser().visit(`${url}/public/help`)).body, 'Anybody may read this, whoever you are.')
  const lines = containers.logs('gateway').split('\n')
  t.ok(
    lines.some((line) => /"path":"\/","app":"reports".*"status":403/.test(line)),
    'the log has the refusal',
  )
})

t.test('the gateway stops as it is asked', async (t) => {
  t.equal(containers.stop('gateway'), 0)
})
