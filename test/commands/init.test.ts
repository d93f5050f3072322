import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command as check } from '../../src/commands/check.ts'
import { command } from '../../src/commands/init.ts'
import { command as lint } from '../../src/commands/lint.ts'
import { presetFacts } from '../../src/config/build/preset.ts'
import { firstFile } from '../../src/init/first-file.ts'
import { slashOf } from '../../src/init/issuer.ts'
import { runIn } from './run.ts'

const wanted = (issuer: string) => [
  '--issuer',
  issuer,
  '--upstream',
  'http://127.0.0.1:5000',
  '--url',
  'https://a.example.com',
]

function newFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-init-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A provider's metadata, and nothing else of a provider. */
async function serveMetadata(
  t: Test,
  answer: (issuer: string) => { status?: number; body: string },
): Promise<string> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    const { status = 200, body } = answer(`http://127.0.0.1:${port}`)
    response.statusCode = request.url?.split('?')[0] === '/.well-known/openid-configuration' ? status : 404
    if (status === 302) response.setHeader('Location', '/elsewhere')
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('the first file is one that check accepts, as it is', async (t) => {
  const cwd = newFolder(t)
  const issuer = await serveMetadata(t, (own) => ({
    body: JSON.stringify({ issuer: `${own}/`, end_session_endpoint: `${own}/end` }),
  }))
  const { code, stdout, stderr } = await runIn(command, wanted(issuer), { cwd })
  t.same([code, stderr], [0, ''])
  t.match(stdout, `its issuer is ${issuer}/, and signing out there is possible`)
  t.match(stdout, 'https://a.example.com/.auth/callback')
  t.match(stdout, 'https://a.example.com/.auth/logged-out')
  const text = readFileSync(join(cwd, 'claimgate.yaml'), 'utf8')
  t.match(text, `issuer: "${issuer}/"`, 'the issuer is as the provider writes it')
  t.equal(statSync(join(cwd, 'claimgate.yaml')).mode & 0o077, 0, 'for its owner alone')

  const checked = await runIn(check, [], { cwd })
  t.equal(checked.code, 0, checked.stdout)
  t.match(checked.stdout, 'client_id: still is the placeholder')
  const env = { OIDC_CLIENT_ID: 'gate', OIDC_CLIENT_SECRET: 'secret' }
  t.notMatch((await runIn(check, [], { cwd, env })).stdout, 'placeholder')
})

t.test('without a provider to ask the file is written, and that is said', async (t) => {
  const answers = [
    { status: 500, body: '' },
    { status: 302, body: '' },
    { body: 'no json' },
    { body: '[]' },
    { body: JSON.stringify({ issuer: 'x'.repeat(1_200_000) }) },
  ]
  for (const answer of answers) {
    const cwd = newFolder(t)
    const issuer = await serveMetadata(t, () => answer)
    const { code, stdout } = await runIn(command, wanted(issuer), { cwd })
    t.equal(code, 0)
    t.match(stdout, 'The provider could not be asked:')
    t.equal((await runIn(check, [], { cwd })).code, 0)
  }
  const cwd = newFolder(t)
  const { code, stdout } = await runIn(command, wanted('https://id.invalid'), { cwd })
  t.equal(code, 0)
  t.match(stdout, 'The provider could not be asked:')
})

t.test('why a provider could not be asked is told in words', async (t) => {
  const { port } = new URL(await serveMetadata(t, () => ({ body: '' })))
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const nobody = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`
  gone.close()
  await once(gone, 'close')
  const asked = async (issuer: string) => (await runIn(command, wanted(issuer), { cwd: newFolder(t) })).stdout
  t.match(await asked(nobody), /cannot be read: nothing listens there: .* \(ECONNREFUSED\)\.$/m)
  t.match(await asked(`https://127.0.0.1:${port}`), /cannot be read: it speaks no TLS there, .* \(\w+\)\.$/m)
})

t.test('a provider that calls itself otherwise is told, and nothing is written', async (t) => {
  const cwd = newFolder(t)
  const issuer = await serveMetadata(t, () => ({ body: JSON.stringify({ issuer: 'https://evil.test' }) }))
  const { code, stderr } = await runIn(command, wanted(issuer), { cwd })
  t.equal(code, 1)
  t.match(stderr, 'calls itself https://evil.test')
  t.throws(() => statSync(join(cwd, 'claimgate.yaml')))
})

t.test('the address of the metadata and a last slash are understood', async (t) => {
  for (const [written, own] of [
    ['/.well-known/openid-configuration', ''],
    ['/.well-known/openid-configuration', '/'],
    ['/', ''],
    ['', '/'],
  ] as const) {
    const cwd = newFolder(t)
    const base = await serveMetadata(t, (issuer) => ({ body: JSON.stringify({ issuer: `${issuer}${own}` }) }))
    const { code, stdout, stderr } = await runIn(command, wanted(`${base}${written}`), { cwd })
    t.same([code, stderr], [0, ''], written)
    t.match(stdout, `its issuer is ${base}${own},`)
    const text = readFileSync(join(cwd, 'claimgate.yaml'), 'utf8')
    t.match(text, `issuer: "${base}${own}"\n`, 'the issuer is as the provider writes it')
    t.notMatch(text, 'metadata_url', 'which is below it')
    t.equal((await runIn(check, [], { cwd })).code, 0)
  }
})

t.test('an address of metadata that is not below the issuer is written as metadata_url', async (t) => {
  const cwd = newFolder(t)
  const base = await serveMetadata(t, () => ({
    body: JSON.stringify({ issuer: 'https://t.b2clogin.com/id/v2.0/' }),
  }))
  const address = `${base}/.well-known/openid-configuration?p=policy`
  const { code, stdout, stderr } = await runIn(command, wanted(address), { cwd })
  t.same([code, stderr], [0, ''])
  t.match(stdout, 'its issuer is https://t.b2clogin.com/id/v2.0/,')
  const text = readFileSync(join(cwd, 'claimgate.yaml'), 'utf8')
  t.match(text, 'issuer: "https://t.b2clogin.com/id/v2.0/"\n')
  t.match(text, `metadata_url: "${address}"\n`)
  t.equal((await runIn(check, [], { cwd })).code, 0)
})

t.test('what a provider calls itself puts in no variable, and does not speak to the terminal', async (t) => {
  const cwd = newFolder(t)
  const issuer = `https://id.example.com/\${env:NAME:-a}/\${file:/etc/hostname}/\u202e`
  const base = await serveMetadata(t, () => ({ body: JSON.stringify({ issuer }) }))
  const asked = wanted(`${base}/.well-known/openid-configuration`)
  const { code, stdout, stderr } = await runIn(command, asked, { cwd, env: { NAME: 'of-this-machine' } })
  t.same([code, stderr], [0, ''])
  t.notMatch(stdout, /\p{Cf}/u)
  t.match(stdout, `its issuer is ${issuer.slice(0, -1)}\\u{202e},`)
  const checked = await runIn(check, ['--json'], { cwd, env: { NAME: 'of-this-machine' } })
  t.match(JSON.parse(checked.stdout), { ok: true, register: [{ issuer }] }, 'it is taken as it stands')
})

t.test('without an answer the issuer is what the address is below', async (t) => {
  for (const [written, issuer] of [
    ['https://id.invalid/a/.well-known/openid-configuration', 'https://id.invalid/a'],
    ['https://id.invalid/a/', 'https://id.invalid/a/'],
    ['https://a-tenant.auth0.com.invalid/', 'https://a-tenant.auth0.com.invalid/'],
  ] as const) {
    const cwd = newFolder(t)
    t.equal((await runIn(command, wanted(written), { cwd })).code, 0)
    const text = readFileSync(join(cwd, 'claimgate.yaml'), 'utf8')
    t.match(text, `issuer: "${issuer}"\n`)
    t.notMatch(text, 'metadata_url')
  }
})

t.test('a redirect of the metadata to the same origin is followed once', async (t) => {
  const server = createServer((request, response) => {
    const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const location = { '/one': '/moved', '/two': '/one', '/away': 'http://localhost:1/moved' }
    const [, name = ''] = /^(\/\w+)\/\.well-known/.exec(request.url ?? '') ?? []
    const to = location[name as keyof typeof location] ?? location[request.url as keyof typeof location]
    if (to !== undefined) return void response.writeHead(302, { location: to }).end()
    response.end(JSON.stringify({ issuer: `${own}/one` }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked = async (path: string) =>
    (await runIn(command, wanted(`${base}${path}`), { cwd: newFolder(t) })).stdout
  t.match(await asked('/one'), 'The provider was asked')
  t.match(await asked('/two'), 'could not be asked')
  t.match(await asked('/away'), 'could not be asked')
})

t.test('a slash that a well-known provider has is written for it', async (t) => {
  t.equal(slashOf('https://x.eu.auth0.com'), 'https://x.eu.auth0.com/')
  t.equal(slashOf('https://accounts.google.com/'), 'https://accounts.google.com')
  t.equal(slashOf('https://id.example.com/a/'), 'https://id.example.com/a/')
  t.equal(
    slashOf('https://login.microsoftonline.com/common/v2.0'),
    'https://login.microsoftonline.com/common/v2.0',
  )
  t.equal(slashOf('nonsense'), 'nonsense')
})

t.test('a file that is there stays, unless --force', async (t) => {
  const cwd = newFolder(t)
  const args = [...wanted('https://id.invalid'), '-o', 'first.yaml']
  t.equal((await runIn(command, args, { cwd })).code, 0)
  const again = await runIn(command, args, { cwd })
  t.equal(again.code, 1)
  t.match(again.stderr, 'first.yaml is not written: it is there already')
  t.equal((await runIn(command, [...args, '--force'], { cwd })).code, 0)
  const nowhere = await runIn(command, [...wanted('https://id.invalid'), '-o', 'no/such/folder.yaml'], {
    cwd,
  })
  t.equal(nowhere.code, 1)
})

t.test('what was asked for is judged before anything is asked or written', async (t) => {
  const cwd = newFolder(t)
  const bad = [
    '--issuer',
    'http://id.example.com',
    '--upstream',
    'x"\n- y',
    '--url',
    'https://a.example.com/?q',
  ]
  const { code, stderr } = await runIn(command, bad, { cwd })
  t.equal(code, 2)
  t.match(stderr, 'providers.main.issuer: must be https')
  t.match(stderr, 'apps.app.upstream: expected an address')
  t.match(stderr, 'apps.app.url: must not hold a query')
  t.equal((await runIn(command, ['--issuer', 'https://id.example.com'], { cwd })).code, 2)
  t.equal((await runIn(command, ['--nonsense'], { cwd })).code, 2)
  t.match((await runIn(command, ['--help'], { cwd })).stdout, 'Usage: claimgate init')
})

t.test('a program reads the same as JSON', async (t) => {
  const issuer = await serveMetadata(t, (own) => ({ body: JSON.stringify({ issuer: own }) }))
  const ran = await runIn(command, [...wanted(issuer), '--json'], { cwd: newFolder(t) })
  t.equal(ran.code, 0)
  t.match(JSON.parse(ran.stdout), {
    file: 'claimgate.yaml',
    provider_asked: true,
    issuer,
    register: [{ redirectUris: ['https://a.example.com/.auth/callback'] }],
  })
})

/** An issuer of each kind of provider that is known, and of those kinds where anybody has an account. */
const issuers: Readonly<Record<string, readonly string[]>> = {
  google: ['https://accounts.google.com'],
  microsoft: ['https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'],
  salesforce: [
    'https://acme.my.salesforce.com',
    'https://login.salesforce.com',
    'https://test.salesforce.com',
  ],
  cognito: ['https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf'],
  okta: ['https://acme.okta.com', 'https://acme.okta.com/oauth2/default'],
  auth0: ['https://acme.eu.auth0.com/'],
  keycloak: ['https://id.example.com/realms/acme'],
  generic: ['https://id.example.com', 'https://id.example.com/a/'],
}

t.test('lint and check find nothing in what is written, for every kind of provider', async (t) => {
  // Nobody signs in with Facebook: its tokens alone count.
  const kinds = presetFacts.map(({ preset }) => preset).filter((preset) => preset !== 'facebook')
  t.same(Object.keys(issuers).sort(), kinds.sort(), 'every kind is here')
  const env = { OIDC_CLIENT_ID: 'gate', OIDC_CLIENT_SECRET: 'secret' }
  for (const issuer of Object.values(issuers).flat()) {
    for (const url of [
      'https://wiki.example.com',
      'https://wiki.example.com:8443',
      'http://localhost:9090',
    ]) {
      for (const signsOut of [true, false, null]) {
        const cwd = newFolder(t)
        const text = firstFile({
          issuer,
          metadataUrl: null,
          upstream: 'http://127.0.0.1:5000',
          url,
          signsOut,
        })
        writeFileSync(join(cwd, 'claimgate.yaml'), text)
        const linted = await runIn(lint, ['--json', '--fail-on', 'note'], { cwd })
        t.same([linted.code, JSON.parse(linted.stdout).findings], [0, []], `${issuer} ${url}`)
        const checked = await runIn(check, ['--json'], { cwd, env })
        t.match(JSON.parse(checked.stdout), { ok: true, warnings: [] }, `${issuer} ${url}`)
      }
    }
  }
})

t.test('check goes on saying what the comments of the first file keep lint from', async (t) => {
  const cwd = newFolder(t)
  await runIn(command, wanted('https://id.invalid'), { cwd })
  const { stdout } = await runIn(check, [], { cwd })
  t.match(stdout, /^lint: nothing found \(2 ignored by comments\)$/m)
  t.match(stdout, ' apps.app.shared_secret: is absent: ')
})

t.test('a secret that is no placeholder stays a finding', async (t) => {
  const cwd = newFolder(t)
  await runIn(command, [...wanted('https://id.invalid'), '-o', 'a.yaml'], { cwd })
  const text = readFileSync(join(cwd, 'a.yaml'), 'utf8')
  for (const secret of ['8dWn2kQx0Zp4', 'put-the-client-secret-here-8dWn2kQx0Zp4']) {
    writeFileSync(join(cwd, 'b.yaml'), text.replace('put-the-client-secret-here', secret))
    t.match((await runIn(lint, ['-c', 'b.yaml'], { cwd })).stdout, 'secret-in-file', secret)
  }
})

t.test('a port of --url is one where something listens', async (t) => {
  for (const [url, listen, more] of [
    ['http://localhost:9100', '0.0.0.0:9100', null],
    [
      'https://wiki.example.com:8443',
      '0.0.0.0:8443',
      '# listen: { address: "0.0.0.0:8443", tls: [{ certificate:',
    ],
    ['http://localhost:9090', '0.0.0.0:9090', 'admin: "127.0.0.1:9091"'],
    ['https://wiki.example.com', null, null],
    ['https://wiki.example.com:443', null, null],
  ] as const) {
    const args = ['--issuer', 'https://id.invalid', '--upstream', 'http://127.0.0.1:5000', '--url', url]
    const { code, stdout } = await runIn(command, [...args, '-o', '-'], { cwd: '/' })
    t.equal(code, 0)
    if (listen === null) t.notMatch(stdout, /^listen:/m, url)
    else t.match(stdout, `\nlisten: "${listen}"\n`, url)
    if (more !== null) t.match(stdout, more, url)
  }
})

t.test('-o - prints the file alone, and tells the rest on the standard error', async (t) => {
  const cwd = newFolder(t)
  const program = { kind: 'image', again: 'docker run claimgate', meanwhile: 'x', demo: 'x' } as const
  const env = { CLAIMGATE_CONFIG: '/config/claimgate.yaml' }
  const args = [...wanted('https://id.invalid'), '-o', '-']
  const { code, stdout, stderr } = await runIn(command, args, { cwd, env, program })
  t.equal(code, 0)
  t.same(readdirSync(cwd), [], 'nothing is written')
  writeFileSync(join(cwd, 'claimgate.yaml'), stdout)
  t.equal((await runIn(check, [], { cwd })).code, 0)
  t.match(stderr, 'Register at main')
  t.match(stderr, 'Save it as claimgate.yaml.')
  t.match(stderr, '\n  docker run claimgate check\n  docker run claimgate serve\n')
  const json = await runIn(command, [...args, '--json'], { cwd, env })
  t.match(JSON.parse(json.stdout), { file: null, yaml: stdout })
  t.equal(json.stderr, '')
})

t.test(
  'the file of CLAIMGATE_CONFIG is written where none is named, and hints need not name it',
  async (t) => {
    const cwd = newFolder(t)
    const env = { CLAIMGATE_CONFIG: join(cwd, 'gate.yaml') }
    const { stdout } = await runIn(command, wanted('https://id.invalid'), { cwd, env })
    t.match(stdout, `${env.CLAIMGATE_CONFIG} is written.`)
    t.match(stdout, '\n  claimgate check\n  claimgate serve\n')
    t.same(readdirSync(cwd), ['gate.yaml'])
    const named = await runIn(command, [...wanted('https://id.invalid'), '-o', 'b c.yaml'], { cwd, env })
    t.match(named.stdout, `\n  claimgate check -c 'b c.yaml'\n  claimgate serve -c 'b c.yaml'\n`)
  },
)

t.test('where nothing can be written, printing it is named', async (t) => {
  const args = [...wanted('https://id.invalid'), '-o', '/proc/claimgate.yaml']
  const { code, stderr } = await runIn(command, args, { cwd: '/' })
  t.equal(code, 1)
  t.match(stderr, /^\/proc\/claimgate\.yaml is not written: [^;]+ \(E\w+\); -o - prints it instead/)
})

t.test(
  'nothing is said of a provider that could not be asked, nor the wrong thing of one with habits',
  async (t) => {
    const cwd = newFolder(t)
    const silent = await runIn(command, wanted('https://id.invalid'), { cwd })
    t.notMatch(silent.stdout + readFileSync(join(cwd, 'claimgate.yaml'), 'utf8'), /no sign-out|possible/)
    const file = { metadataUrl: null, upstream: 'http://127.0.0.1:5000', url: 'https://a.example.com' }
    const text = (signsOut: boolean | null) =>
      firstFile({ ...file, issuer: 'https://id.example.com', signsOut })
    t.match(text(false), 'names no sign-out of its own')
    for (const known of [true, null]) t.notMatch(text(known), 'names no sign-out of its own')
  },
)
