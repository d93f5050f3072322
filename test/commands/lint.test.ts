import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/lint.ts'
import { kinds } from '../../src/lint/lint.ts'
import { environmentOf, exampleFiles, root } from '../support/examples.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-lint-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const env = {
  SESSION_SECRET: 'canary-kT4zQ8vX2nB6mL0pR5sD9fG3hJ7wE1cU',
  CLIENT_SECRET: 'canary-client',
  SHARED_SECRET: 'canary-hJ7wE1cUkT4zQ8vX2nB6mL0pR5sD9fG3',
}

function file(name: string, app: string, issuer = 'https://id.example.com'): string {
  const text = `session: { secret: "\${env:SESSION_SECRET}" }
providers:
  acme: { issuer: "${issuer}", client_id: gate, client_secret: "\${env:CLIENT_SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5
    shared_secret: "\${env:SHARED_SECRET}"
${app}`
  writeFileSync(join(folder, name), text)
  return name
}

file('claimgate.yaml', '    require: { groups: staff }\n')
file('note.yaml', '    require: anyone\n')
file('warning.yaml', '    require: { gruops: staff }\n')
file('ignored.yaml', '    require: anyone # lint-ignore: app-open because all of it is published\n')
writeFileSync(
  join(folder, 'error.yaml'),
  `trusted_proxies: [0.0.0.0/0]\n${readFileSync(join(folder, 'claimgate.yaml'), 'utf8')}`,
)
writeFileSync(join(folder, 'bad.yaml'), 'apps: { wiki: { url: 1 } }\n')

const run = (...args: readonly string[]) => runIn(command, args, { cwd: folder, env })

t.test('a file of which there is nothing to say', async (t) => {
  t.same(await run(), { code: 0, stdout: 'claimgate.yaml: nothing found\n', stderr: '' })
})

t.test('findings with their place, severity, id and what to do', async (t) => {
  const { code, stdout } = await run('-c', 'warning.yaml')
  t.equal(code, 1)
  const [line = '', fix = '', , summary = ''] = stdout.split('\n')
  t.equal(
    line,
    'warning.yaml:9:16 warning apps.wiki.require.gruops: `gruops` looks like `groups` [claim-name-typo]',
  )
  t.match(fix, /^ {4}Write the name that you mean\./)
  t.equal(summary, 'warning.yaml: 1 warning')
  t.notMatch(stdout, 'canary')
})

t.test('the exit status follows --fail-on', async (t) => {
  const statuses = async (name: string) => {
    const codes = [(await run('-c', name)).code]
    for (const severity of ['error', 'warning', 'note']) {
      codes.push((await run('-c', name, '--fail-on', severity)).code)
    }
    return codes
  }
  t.same(await statuses('note.yaml'), [0, 0, 0, 1])
  t.same(await statuses('warning.yaml'), [1, 0, 1, 1])
  t.same(await statuses('error.yaml'), [1, 1, 1, 1])
  t.same(await statuses('ignored.yaml'), [0, 0, 0, 0])
})

t.test('the same for programs', async (t) => {
  const { code, stdout } = await run('-c', 'ignored.yaml', '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), {
    file: 'ignored.yaml',
    findings: { length: 0 },
    ignored: [{ id: 'app-open', line: 9, column: 14, reason: 'all of it is published' }],
    counts: { error: 0, warning: 0, note: 0 },
  })
  const found = JSON.parse((await run('-c', 'error.yaml', '--json')).stdout)
  t.match(found.findings[0], {
    id: 'trusted-proxies-everyone',
    severity: 'error',
    file: 'error.yaml',
    line: 1,
    column: 1,
    path: 'trusted_proxies',
    fix: /^List/,
  })
})

t.test('SARIF 2.1.0 for code hosts', async (t) => {
  t.equal((await run('-c', 'warning.yaml', '--sarif', 'out.sarif')).code, 1)
  const log = JSON.parse(readFileSync(join(folder, 'out.sarif'), 'utf8'))
  t.equal(log.version, '2.1.0')
  t.equal(log.runs.length, 1)
  const [{ tool, results }] = log.runs
  t.equal(tool.driver.name, 'claimgate lint')
  t.match(tool.driver.semanticVersion, /^\d+\.\d+\.\d+/)
  t.equal(tool.driver.rules.length, kinds.length)
  for (const rule of tool.driver.rules) {
    t.match(rule, {
      id: /^[a-z-]+$/,
      name: /^[A-Za-z]+$/,
      shortDescription: { text: /./ },
      fullDescription: { text: /./ },
      help: { text: /./, markdown: /```yaml/ },
      defaultConfiguration: { level: /^(?:error|warning|note)$/ },
    })
  }
  const [result] = results
  t.equal(tool.driver.rules[result.ruleIndex].id, result.ruleId)
  t.match(result, {
    ruleId: 'claim-name-typo',
    level: 'warning',
    message: { text: /looks like `groups`\. Write/ },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'warning.yaml' },
          region: { startLine: 9, startColumn: 16 },
        },
        logicalLocations: [{ fullyQualifiedName: 'apps.wiki.require.gruops' }],
      },
    ],
  })
  const ignored = JSON.parse((await run('-c', 'ignored.yaml', '--sarif', '-')).stdout)
  t.match(ignored.runs[0].results, [
    { ruleId: 'app-open', suppressions: [{ kind: 'inSource', justification: 'all of it is published' }] },
  ])
  const unwritable = await run('--sarif', 'nowhere/out.sarif')
  t.same(
    [unwritable.code, unwritable.stderr],
    [2, 'claimgate lint: nowhere/out.sarif cannot be written: there is no such folder (ENOENT)\n'],
  )
})

/** A provider that answers like that; how often it was asked comes along. */
async function provider(t: Test, answer: (issuer: string) => unknown) {
  let requests = 0
  let issuer = ''
  const listener: RequestListener = (request, response) => {
    requests += 1
    t.equal(request.url, '/.well-known/openid-configuration')
    const body = answer(issuer)
    if (typeof body === 'number') response.writeHead(body).end()
    else response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  issuer = `http://127.0.0.1:${portOf(server.address())}`
  return { issuer, requests: () => requests }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('--online asks each provider once', async (t) => {
  const asked = await provider(t, (issuer) => ({
    issuer,
    claims_supported: ['sub', 'email'],
    scopes_supported: ['openid', 'profile', 'email', 'groups'],
  }))
  const name = file('online.yaml', '    require: { groups: staff }\n', asked.issuer)
  t.match((await run('-c', name)).stdout, 'nothing found')
  t.equal(asked.requests(), 0, 'nobody is asked without it')
  const { code, stdout } = await run('-c', name, '--online', '--json')
  t.equal(code, 1)
  t.equal(asked.requests(), 1)
  t.same(
    JSON.parse(stdout).findings.map(({ id }: { readonly id: string }) => id),
    ['claim-not-issued', 'scope-offered-not-asked'],
  )
})

t.test('--online: a list that names nothing of a profile is a hint, not a finding', async (t) => {
  const rules = '    require: { department: it }\n'
  const findings = async (metadata: object) => {
    const asked = await provider(t, (issuer) => ({ issuer, ...metadata }))
    const { stdout } = await run('-c', file('online.yaml', rules, asked.issuer), '--online', '--json')
    return JSON.parse(stdout).findings.map(({ id }: { readonly id: string }) => id)
  }
  const ofProtocol = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid']
  t.same(await findings({ claims_supported: ofProtocol, scopes_supported: ['openid'] }), [])
  t.same(await findings({ claims_supported: [], scopes_supported: [] }), [])
  t.same(await findings({ scopes_supported: ['openid', 'offline_access'] }), [])
  t.same(await findings({ response_modes_supported: ['fragment'] }), [])
  t.same(await findings({ claims_supported: [...ofProtocol, 'name'] }), ['claim-not-issued'])
  t.same(await findings({ scopes_supported: ['openid', 'email'] }), ['scope-not-offered'])
  t.same(await findings({ scopes_supported: ['openid', 'groups'] }), ['scope-not-offered'])
})

t.test('--online says what could not be asked, and does not fail for it', async (t) => {
  const answers: readonly (readonly [unknown, string])[] = [
    [503, 'it answers 503'],
    ['no json', 'its metadata is no JSON'],
    [{}, 'its metadata names no issuer'],
    [`"${'x'.repeat(1200 * 1024)}"`, 'it answers with more than 1 MiB'],
  ]
  for (const [answer, reason] of answers) {
    const asked = await provider(t, () => answer)
    const { code, stdout } = await run(
      '-c',
      file('online.yaml', '    require: { groups: staff }\n', asked.issuer),
      '--online',
    )
    t.equal(code, 0, reason)
    t.match(stdout, `note providers.acme: could not ask "acme": ${reason} [provider-not-asked]`)
  }
  const closed = createNetServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => closed.once('listening', resolve))
  const port = portOf(closed.address())
  await new Promise((resolve) => closed.close(resolve))
  const nobody = file('online.yaml', '    require: { groups: staff }\n', `http://127.0.0.1:${port}`)
  t.match((await run('-c', nobody, '--online')).stdout, /could not ask "acme": .*ECONNREFUSED/)
})

t.test('a redirect is not followed', async (t) => {
  const elsewhere = await provider(t, () => ({}))
  const server = createServer((_, response) => {
    response.writeHead(302, { location: `${elsewhere.issuer}/.well-known/openid-configuration` }).end()
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const issuer = `http://127.0.0.1:${portOf(server.address())}`
  const { stdout } = await run('-c', file('online.yaml', '    require: { groups: a }\n', issuer), '--online')
  t.match(stdout, 'could not ask "acme"')
  t.equal(elsewhere.requests(), 0)
})

t.test('the configurations of the repository have no errors and no warnings', async (t) => {
  const demo = { DEMO_LISTEN: '127.0.0.1:8080', DEMO_DATA: folder }
  const local = { DEMO_URL: 'http://localhost:8080', DEMO_PROVIDER: 'http://127.0.0.1:9000' }
  const upstream = { DEMO_UPSTREAM: 'http://127.0.0.1:9001' }
  for (const name of [...exampleFiles, 'config/demo.yaml']) {
    const variables = name === 'config/demo.yaml' ? { ...demo, ...local, ...upstream } : {}
    const io = { cwd: root, env: { ...environmentOf(name), ...variables } }
    const { code, stdout } = await runIn(command, ['-c', name], io)
    t.equal(code, 0, `${name}: ${stdout}`)
  }
})

t.test('what cannot be looked at is status 2', async (t) => {
  const missing = await run('-c', 'nowhere.yaml')
  t.same([missing.code, missing.stderr], [2, 'nowhere.yaml: the file cannot be read: no such file\n'])
  const faulty = await run('-c', 'bad.yaml')
  t.equal(faulty.code, 2)
  t.match(faulty.stderr, 'bad.yaml:1:1 providers: is missing')
  const usage = await run('--fail-on', 'everything')
  t.equal(usage.code, 2)
  t.match(usage.stderr, '--fail-on takes error, warning, note')
  t.equal((await run('surplus')).code, 2)
})

t.test('--help says what it does', async (t) => {
  const { code, stdout } = await run('--help')
  t.equal(code, 0)
  t.match(stdout, 'Usage: claimgate lint')
})
