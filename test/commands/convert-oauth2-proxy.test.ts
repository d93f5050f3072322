import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { command } from '../../src/commands/convert.ts'
import { command as testCommand } from '../../src/commands/test.ts'
import { readFromDisk } from '../../src/config/files.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { guessSource } from '../../src/migration/conversion.ts'
import { convertOauth2Proxy } from '../../src/migration/oauth2-proxy/convert.ts'
import { convertRoute } from '../../src/migration/oauth2-proxy/route.ts'
import { covers, patternKey } from '../../src/migration/path-pattern.ts'
import { reportText } from '../../src/migration/report.ts'
import { runIn } from './run.ts'

/** Golden files: what oauth2-proxy was told, a line of `=====`, the result, another, the report. */
const separator = '\n=====\n'
const root = fileURLToPath(new URL('./convert/', import.meta.url))
const paths = globSync(`${root}oauth2-proxy/*.txt`).toSorted()

for (const path of paths) {
  t.test(basename(path, '.txt').replaceAll('-', ' '), async (t) => {
    const [source = '', ...expected] = readFileSync(path, 'utf8').split(separator)
    const told = toldOf(`${source.trimEnd()}\n`)
    if (process.env.CLAIMGATE_GOLDEN === 'write')
      writeFileSync(path, [source.trimEnd(), ...told].join(separator))
    else t.same(told.join(separator).split('\n'), expected.join(separator).split('\n'))
    t.notMatch(told.join('\n'), /hunter2|aHVudGVyMg/, 'no secret')
    t.equal(guessSource(source), 'oauth2-proxy', 'seen from the content')
  })
}

t.test('there are enough of them, and nearly all of them load', async (t) => {
  t.ok(paths.length >= 10, `${paths.length} cases`)
  const broken = paths.filter((path) => {
    const conversion = convert(readFileSync(path, 'utf8').split(separator)[0] ?? '')
    return conversion.ok && conversion.gateway === null
  })
  t.same(broken, [])
})

function convert(text: string) {
  const files = [{ name: 'oauth2-proxy.cfg', text }]
  return convertOauth2Proxy({ files, folder: `${root}oauth2-proxy-files`, readFile: readFromDisk })
}

function toldOf(text: string): readonly string[] {
  const conversion = convert(text)
  if (!conversion.ok) return conversion.faults.map(({ at, message }) => `${at.line}:${at.column} ${message}`)
  return [conversion.yaml, reportText(conversion)]
}

const base = `provider = "oidc"
oidc_issuer_url = "https://idp.example.com"
client_id = "app"
client_secret = "hunter2"
redirect_url = "https://app.example.com/oauth2/callback"
email_domains = ["example.com"]
upstreams = ["http://app:80/", "http://other:80/office/"]
`

/** Whether somebody who is not signed in gets a path of the result. */
function isOpen(settings: string, method: string, path: string): boolean {
  const conversion = convert(base + settings)
  if (!conversion.ok || conversion.gateway === null) throw new Error('the result does not load')
  const url = `https://app.example.com${path}`
  const { gateway } = conversion
  const { admission } = probe(gateway, { method, url, person: null, clientAddress: '203.0.113.9' })
  return admission.decision.kind === 'allow'
}

t.test('an opened path is never wider than the expression was', async (t) => {
  const probes = ['/', '/a', '/a/', '/a/b', '/ab', '/a/b/c', '/x/a', '/a.b', '/axb', '/office/a', '/b', '/A']
  const expressions = [
    ...[
      '^/a$',
      '^/a/',
      '^/a',
      '/a',
      '^/a(/|$)',
      '^/a/.*$',
      '^/(a|b)/',
      '^/a|^/b',
      '^/a/[^/]+$',
      '^/a.b$',
      '^/a\\.b',
    ],
    ...[
      'a',
      '^/a+$',
      '^/a{1,3}$',
      '^$',
      '^/.+b',
      '(?i)^/a',
      '^/a/?$',
      '^/a.*',
      '^/a.+',
      '^(/a|/b)$',
      '^/(?!a)',
    ],
    ...['^/a/(b|c)?$', '^/[ab]$', '^/a/\\d+', '^/', '.*', '^(a|^/b)$', '^/a(b|c)', '$', '/a/$', '^/a/.+$'],
  ]
  for (const expression of expressions) {
    const route = convertRoute(expression)
    if (!route.ok) continue
    for (const path of probes) {
      if (!route.patterns.some((pattern) => covers(pattern, path))) continue
      // One path with and without its last slash is the one thing that is one here.
      const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`
      const matches = wasMatched(expression, path) || wasMatched(expression, other)
      t.ok(matches || path === '/', `${expression} as ${route.patterns.map(patternKey)} covers ${path}`)
    }
  }
})

function wasMatched(expression: string, path: string): boolean {
  const insensitive = expression.startsWith('(?i)')
  return new RegExp(expression.replace('(?i)', ''), insensitive ? 'i' : '').test(path)
}

t.test('routes open by method, by negation and across upstreams', async (t) => {
  const table: readonly (readonly [string, string, string, boolean])[] = [
    ['["GET=^/a(/|$)"]', 'GET', '/a/b', true],
    ['["GET=^/a(/|$)"]', 'POST', '/a/b', false],
    ['["!=^/a(/|$)"]', 'GET', '/b', true],
    ['["!=^/a(/|$)"]', 'GET', '/office/x', true],
    ['["!=^/a(/|$)"]', 'GET', '/a/b', false],
    ['["!=^/office(/|$)"]', 'GET', '/office/x', false],
    ['["!=^/a"]', 'GET', '/b', false],
    ['["^/office/a(/|$)"]', 'GET', '/office/a', true],
    ['["^/office/a(/|$)"]', 'GET', '/office/b', false],
    ['["^/"]', 'GET', '/office/b', true],
    ['["^/", "^/office(/|$)"]', 'GET', '/office/b', true],
    ['["POST!=^/a(/|$)"]', 'POST', '/b', true],
    ['["POST!=^/a(/|$)"]', 'GET', '/b', false],
  ]
  for (const [routes, method, path, open] of table) {
    t.equal(isOpen(`skip_auth_routes = ${routes}\n`, method, path), open, `${routes} ${method} ${path}`)
  }
})

/** What was let in and kept out, by what the result says of somebody with these claims; null is nobody. */
function verdictIn(
  text: string,
  method: string,
  path: string,
  claims: Record<string, unknown> | null,
): string {
  const conversion = convert(text)
  if (!conversion.ok || conversion.gateway === null) throw new Error('the result does not load')
  const person =
    claims === null
      ? null
      : { provider: 'main', claims: { iss: 'https://idp.example.com', sub: 'a', ...claims } }
  const url = `https://app.example.com${path}`
  const asked = { method, url, person: JSON.parse(JSON.stringify(person)), clientAddress: '203.0.113.9' }
  return probe(conversion.gateway, asked).admission.decision.kind
}

t.test(
  'restrictions of other kinds of providers keep out, and let nobody in beside those of the own',
  async (t) => {
    const email = { email: 'a@example.com', email_verified: true }
    const table: readonly (readonly [string, Record<string, unknown>, string])[] = [
      ['allowed_groups = ["a"]\nallowed_roles = ["b"]', { ...email, roles: ['b'] }, 'deny'],
      ['allowed_groups = ["a"]\nallowed_roles = ["b"]', { ...email, groups: ['a'], roles: ['b'] }, 'allow'],
      ['allowed_groups = ["a"]\ngitlab_groups = ["b"]', { ...email, groups: ['b'] }, 'deny'],
      ['allowed_groups = ["a"]\nkeycloak_groups = ["b"]', { ...email, groups: ['b'] }, 'deny'],
      ['user_id_claim = "upn"', { ...email, upn: 'a@evil.example' }, 'deny'],
      ['user_id_claim = "upn"', { ...email, upn: 'b@example.com' }, 'allow'],
      ['github_users = ["a"]', email, 'deny'],
    ]
    for (const [lines, claims, verdict] of table) {
      t.equal(
        verdictIn(`${base}${lines}\n`, 'GET', '/', claims),
        verdict,
        `${lines} ${JSON.stringify(claims)}`,
      )
    }
    const below = base.replace('email_domains = ["example.com"]', 'email_domains = [".sales.example"]')
    const sales = (address: string) => ({ email: address, email_verified: true })
    t.equal(verdictIn(below, 'GET', '/', sales('a@x.SALES.example')), 'allow')
    t.equal(
      verdictIn(below, 'GET', '/', sales('a@x.\u017fale\u017f.example')),
      'deny',
      'a long s is another letter',
    )
  },
)

t.test('a header that oauth2-proxy wrote and we do not is nobody’s to write', async (t) => {
  const sent = (text: string, name: string): boolean => {
    const conversion = convert(text)
    if (!conversion.ok || conversion.gateway === null) throw new Error('the result does not load')
    const asked = { method: 'GET', url: 'https://app.example.com/', person: null, clientAddress: null }
    const headers = { [name]: 'of-the-client', accept: 'text/html' }
    const { upstreamHeaders } = probe(conversion.gateway, { ...asked, headers })
    return (upstreamHeaders ?? []).includes('of-the-client')
  }
  const open = `${base}skip_auth_routes = ["^/"]\n`
  t.equal(sent(open, 'authorization'), true, 'none was written: that of the client is the app’s business')
  t.equal(sent(`${open}pass_authorization_header = true\n`, 'authorization'), false)
  t.equal(sent(`${open}basic_auth_password = "x"\n`, 'authorization'), false)
  t.equal(sent(`${open}pass_access_token = true\n`, 'x-forwarded-access-token'), false)
  t.equal(sent(`${open}signature_key = "x"\n`, 'gap-signature'), false)
})

t.test('an access token goes on to the app, in the header in which it came', async (t) => {
  const told = (text: string) => {
    const conversion = convert(text)
    if (!conversion.ok || conversion.gateway === null) throw new Error('the result does not load')
    return conversion.gateway.apps[0]?.fallback.forwarding.tokenHeaders
  }
  t.same(told(base), [])
  t.same(told(`${base}pass_access_token = true\n`), [
    { name: 'X-Forwarded-Access-Token', token: 'access_token' },
  ])
  t.same(told(`${base}pass_authorization_header = true\nset_authorization_header = true\n`), [])
})

t.test('a route of two slashes opens no more than the root', async (t) => {
  for (const expression of ['^/(/|$)', '^//', '^//.*', '^/(/.*)?$']) {
    t.not(verdictIn(`${base}skip_auth_routes = ['${expression}']\n`, 'GET', '/x', null), 'allow', expression)
  }
  t.not(verdictIn(`${base}skip_auth_routes = ["POST=^/a!=b$"]\n`, 'POST', '/a!=b', null), 'allow')
})

t.test('where an upstream is left out nobody gets in, also where a route opened it', async (t) => {
  const source =
    readFileSync(`${root}oauth2-proxy/25-paths-of-upstreams.txt`, 'utf8').split(separator)[0] ?? ''
  const files = [
    { name: 'alpha.yaml', text: source },
    {
      name: 'oauth2-proxy.cfg',
      text: `redirect_url = "https://app.example.com/oauth2/callback"
email_domains = ["*"]
skip_auth_routes = ["^/admin/pictures(/|$)", "^/status(/|$)", "^/[^/]+/logo$"]
trusted_ips = ["198.51.100.7"]
reverse_proxy = true
trusted_proxy_ips = ["10.0.0.1"]
`,
    },
  ]
  const conversion = convertOauth2Proxy({ files, folder: root, readFile: readFromDisk })
  if (!conversion.ok || conversion.gateway === null) throw new Error('the result does not load')
  const { gateway } = conversion
  const ask = (path: string) => {
    const url = `https://app.example.com${path}`
    const { admission } = probe(gateway, { method: 'GET', url, person: null, clientAddress: '198.51.100.7' })
    return [admission.decision.kind, admission.app?.name ?? null]
  }
  const table: readonly (readonly [string, string, string])[] = [
    ['/', 'challenge', 'app'],
    ['/status', 'allow', 'status'],
    ['/status/x', 'deny', 'status'],
    ['/status/logo', 'deny', 'status'],
    ['/admin/', 'deny', 'app'],
    ['/admin/pictures/a', 'deny', 'app'],
    ['/admin/logo', 'deny', 'app'],
    ['/api/x', 'challenge', 'api'],
    ['/api/logo', 'allow', 'api'],
    ['/docs/old/x', 'challenge', 'docs'],
    ['/versions/v1/x', 'deny', 'app'],
    ['/x/logo', 'allow', 'app'],
  ]
  for (const [path, kind, app] of table) t.same(ask(path), [kind, app], path)
})

t.test('a list is that of one place: only flags add to each other', async (t) => {
  const groups = (...texts: readonly string[]): string => {
    const files = texts.map((text, index) => ({ name: `file${index}`, text }))
    const conversion = convertOauth2Proxy({ files, folder: '/', readFile: readFromDisk })
    if (!conversion.ok) return conversion.faults.map(({ message }) => message).join()
    return /groups: .*/.exec(conversion.yaml)?.[0] ?? ''
  }
  const flags = '--email-domain=*'
  t.match(groups(`${flags} --allowed-group=a --allowed-group=b\n`), 'groups: [a, b]')
  t.match(groups('OAUTH2_PROXY_ALLOWED_GROUPS=a\nOAUTH2_PROXY_ALLOWED_GROUPS=b\n', flags), 'groups: b }')
  t.match(
    groups('OAUTH2_PROXY_ALLOWED_GROUPS=a\n', 'OAUTH2_PROXY_ALLOWED_GROUPS=b\n', flags),
    'stands in file0 too',
  )
  t.match(
    groups('allowed_groups = ["a"]\n', 'providers: [{ allowedGroups: [b] }]\n', flags),
    'stands in file0 too',
  )
  t.match(groups('OAUTH2_PROXY_ALLOWED_GROUPS=a\n', 'OAUTH2_PROXY_ALLOWED_GROUPS=a\n', flags), 'groups: a }')
})

t.test('what cannot be said closes', async (t) => {
  for (const line of [
    'google_groups = ["a@example.com"]',
    'gitlab_projects = ["a/b"]',
    'github_org = "acme"',
  ]) {
    const conversion = convert(`${base}${line}\nskip_auth_routes = ["^/open(/|$)"]\n`)
    if (!conversion.ok) throw new Error('not read')
    t.match(conversion.yaml, '{ path: /, require: nobody }', line)
    t.not(conversion.gateway, null)
  }
})

t.test('what may be secret is not in the report, known or not', async (t) => {
  for (const line of [
    'some_api_token',
    'cookie_secret',
    'redis_password',
    'jwt_key',
    'github_token',
    'x_secret_y',
  ]) {
    t.notMatch(toldOf(`${base}${line} = "s3cretvalue"\n`).join(''), 's3cretvalue', line)
  }
  const alpha =
    'server: { TLS: { Key: { value: s3cretvalue } } }\nproviders: [{ clientSecret: s3cretvalue }]\n'
  t.notMatch(toldOf(alpha).join(''), 's3cretvalue')
})

t.test('nothing of the source leaves its comment or its quotes', async (t) => {
  const evil = 'http://a:80\\nadmin: false/office/'
  const conversion = convert(
    base.replace('http://other:80/office/', evil).replace('"app"', '"app\\nadmin: false"'),
  )
  if (!conversion.ok) throw new Error('not read')
  t.notMatch(conversion.yaml, /^admin/m)
})

t.test('the command', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-convert-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'oauth2-proxy.cfg'), base)
  writeFileSync(join(cwd, 'flags'), '--email-domain=example.org --config=/etc/oauth2-proxy.cfg\n')
  const run = (...args: readonly string[]) => runIn(command, args, { cwd })

  t.test('several files are one configuration: flags count before files', async (t) => {
    const { code, stdout, stderr } = await run('oauth2-proxy.cfg', 'flags')
    t.equal(code, 0)
    t.match(stdout, 'require: { email: { domain: example.org } }')
    t.match(stderr, 'oauth2-proxy.cfg:6 email_domains = example.com: set again where it counts more')
    const env = {
      OIDC_CLIENT_SECRET: 'a-secret',
      SESSION_SECRET: 'kJ8w2mQp7vR4tYx1bN6cZs3dF9gHaL5e-of-a-test',
    }
    t.equal(loadGatewayFromText(stdout, { file: 'x', folder: cwd, env, readFile: readFromDisk }).ok, true)
  })

  t.test('tests of each location are written beside the file, and `test` runs them', async (t) => {
    const { code, stdout } = await run('oauth2-proxy.cfg', '-o', 'app.yaml')
    t.equal(code, 0)
    t.match(
      stdout,
      'app.yaml and app.test.yaml are written. Then: claimgate check -c app.yaml, and claimgate test',
    )
    const tested = await runIn(testCommand, ['-c', 'app.yaml', '--made-up-secrets'], { cwd })
    t.match(tested, { code: 0, stdout: /4 tests passed \(app\.test\.yaml 4\)/ })
    const again = await run('oauth2-proxy.cfg', '-o', 'other.yaml', '--report', 'other.report')
    t.equal(again.code, 0)
    rmSync(join(cwd, 'other.yaml'))
    const kept = await run('oauth2-proxy.cfg', '-o', 'other.yaml')
    t.match(kept, { code: 2, stderr: 'other.test.yaml is not written: it is there already' })
    t.match(await run('oauth2-proxy.cfg', '--json'), { stdout: /"tests": "# Written by/ })
  })

  t.test(
    'a proof is refused with a sentence, faults have their places, an unknown setting is status 1',
    async (t) => {
      t.match(await run('oauth2-proxy.cfg', '--prove'), {
        code: 2,
        stderr: /there is no model of oauth2-proxy/,
      })
      writeFileSync(join(cwd, 'bad.cfg'), 'email_domains = [ "a"\n')
      t.match(await run('bad.cfg'), { code: 2, stdout: '', stderr: 'bad.cfg:1:17 the list is not closed\n' })
      writeFileSync(join(cwd, 'odd.cfg'), `${base}frobnicate = 7\n`)
      t.match(await run('odd.cfg', '--json'), { code: 1, stdout: /"id": "unknown"/ })
    },
  )
})

t.test('a file of another program is named as such, and not read as one of httpd', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-convert-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  const files: readonly (readonly [string, string])[] = [
    ['Pomerium', 'routes:\n  - from: https://wiki.example.com\n    to: http://wiki:8080\n    policy: []\n'],
    ['Pomerium', 'authenticate_service_url: https://authenticate.example.com\n'],
    ['Authelia', 'access_control:\n  default_policy: deny\n  rules: []\n'],
    ['Vouch', 'vouch:\n  domains: [example.com]\n'],
    ['Traefik', 'http:\n  routers:\n    wiki: {}\n'],
    ['nginx', 'location / {\n  auth_request /oauth2/auth;\n  proxy_pass http://wiki:8080/;\n}\n'],
  ]
  for (const [program, text] of files) {
    writeFileSync(join(cwd, 'other'), text)
    t.match(await runIn(command, ['other'], { cwd }), {
      code: 2,
      stdout: '',
      stderr: `other is a configuration of ${program}, which is not converted`,
    })
  }
})

t.test('a file that is named and not given is asked for: it may keep somebody out', async (t) => {
  const refused = (text: string): readonly string[] => {
    const conversion = convert(text)
    return conversion.ok ? [] : conversion.faults.map(({ message }) => message)
  }
  for (const [flag, file] of [
    ['--config', '/etc/oauth2-proxy.cfg'],
    ['--alpha-config', 'alpha.yaml'],
  ]) {
    t.match(refused(`--email-domain=* ${flag}=${file}\n`), [
      `${flag} names ${file}, which holds settings too`,
    ])
  }
  t.match(refused('docker run --env-file=sso.env quay.io/x/oauth2-proxy --email-domain=*\n'), [
    '--env-file names sso.env',
  ])
  t.match(refused('OAUTH2_PROXY_CONFIG=/etc/x.cfg\nOAUTH2_PROXY_EMAIL_DOMAINS=*\n'), [
    'OAUTH2_PROXY_CONFIG names /etc/x.cfg',
  ])
})

t.test('a command line is read whole or refused', async (t) => {
  const told = (text: string): string => toldOf(text).join('\n')
  const table: readonly (readonly [string, string])[] = [
    [
      'docker run --rm -e OAUTH2_PROXY_ALLOWED_GROUPS sso/oauth2-proxy --email-domain=*',
      'OAUTH2_PROXY_ALLOWED_GROUPS is filled in',
    ],
    [
      'docker run sso/oauth2-proxy --email-domain=*\ndocker run -e OAUTH2_PROXY_ALLOWED_GROUPS=a redis',
      '2:1 another command begins here',
    ],
    ['docker compose up --email-domain=*', 'expected "run"'],
    ['docker run -d -e OAUTH2_PROXY_ALLOWED_GROUPS=a --email-domain=x.org', 'the image is missing'],
    ['source sso.env\noauth2-proxy --email-domain=*', '1:1 this is none of oauth2-proxy’s flags'],
    ['oauth2-proxy --email-domain=* && oauth2-proxy --allowed-group=a', 'this belongs to no flag'],
    ['oauth2-proxy --email-domain=* --allowed-group `cat group`', '--allowed-group is filled in'],
    [`oauth2-proxy --email-domain=* --allowed-group=\${GROUP}`, '--allowed-group is filled in'],
    ['- --email-domain=*\n- --allowed-group=$(GROUP)', '--allowed-group is filled in'],
    [
      'env:\n  - name: OAUTH2_PROXY_ALLOWED_GROUPS\n    valueFrom: { secretKeyRef: {} }',
      'OAUTH2_PROXY_ALLOWED_GROUPS is filled in',
    ],
    ['args: [--email-domain=*]\nimage: oauth2-proxy', 'this is neither a list of flags nor one of variables'],
    [`email_domains = ["*"]\nallowed_groups = ["\${GROUP}"]`, 'allowed_groups is filled in'],
    [`providers: [{ allowedGroups: ["\${GROUP}"] }]`, 'providers.allowedGroups is filled in'],
    ['providers: { allowedGroups: [a] }', 'expected a list under providers'],
    ['injectRequestHeaders: [X-User]', 'expected a mapping in the list injectRequestHeaders'],
    ['server: { BindAddress: ":80", bindAddress: ":81" }', 'bindAddress stands here twice'],
    [
      'docker run --no-hosts --env=OAUTH2_PROXY_ALLOWED_GROUPS=a img --email-domain=*',
      '--no-hosts lacks its value',
    ],
    ['podman run --env-host img --email-domain=*', '--env-host gives the container variables'],
    ['docker run -e=OAUTH2_PROXY_X -d A=b --email-domain=*', 'expected the image'],
    ['provider: oidc\nallowed-group: accounting', 'allowed-group is no variable'],
    ['environment:\n  - allowed_groups=accounting', 'allowed_groups is no variable'],
    ['OAUTH2_PROXY_EMAIL_DOMAINS=*\nallowed_groups=accounting', 'allowed_groups is no variable'],
    ['allowed_groups=accounting oauth2-proxy --email-domain=*', 'texts stand in quotes'],
    ['OAUTH2_PROXY_SKIP_AUTH_ROUTE=^/a', 'oauth2-proxy reads OAUTH2_PROXY_SKIP_AUTH_ROUTES'],
    ['skip_auth_route = ["^/a"]\nemail_domains = ["*"]', 'oauth2-proxy reads skip_auth_routes'],
    ['OAUTH2_PROXY_ALLOWED_GROUPS="a, b"', 'a blank at the edge of a value'],
    ['allowed_groups = ["a "]\nemail_domains = ["*"]', 'a blank at the edge of a value'],
  ]
  for (const [text, message] of table) {
    const conversion = convert(`${text}\n`)
    t.equal(conversion.ok, false, text)
    t.match(told(`${text}\n`), message, text)
  }
  const group = /groups: accounting/
  for (const text of [
    'docker run -dit --name x -p80:80 --network=a -eOAUTH2_PROXY_ALLOWED_GROUPS=accounting img --email-domain=*',
    "podman container run -e 'OAUTH2_PROXY_ALLOWED_GROUPS=accounting' \\\n  img oauth2-proxy --email-domain=*",
    'sudo docker create --env "OAUTH2_PROXY_ALLOWED_GROUPS=accounting" img --email-domain "*"',
    'command:\n  - --email-domain=*\nenvironment:\n  - OAUTH2_PROXY_ALLOWED_GROUPS=accounting',
    'command: >-\n  --email-domain=*\n  --allowed-group=accounting\n',
    'env:\n  - { name: OAUTH2_PROXY_ALLOWED_GROUPS, value: accounting }\n  - { name: OAUTH2_PROXY_EMAIL_DOMAINS, value: "*" }',
  ]) {
    t.match(told(`${text}\n`), group, text)
  }
})

t.test('the walk through one set-up in the documentation is what the command says', async (t) => {
  const page = readFileSync(
    fileURLToPath(new URL('../../docs/migrating-from-oauth2-proxy.md', import.meta.url)),
    'utf8',
  )
  const [, source = ''] = /## One set-up\n\n```sh\n([\s\S]*?)```/.exec(page) ?? []
  const [, result = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-convert-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'wiki.sh'), source)
  const { code, stdout } = await runIn(command, ['wiki.sh'], { cwd })
  t.equal(stdout, result)
  t.equal(code, 0)
})
