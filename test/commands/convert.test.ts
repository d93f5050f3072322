import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { command } from '../../src/commands/convert.ts'
import { command as testCommand } from '../../src/commands/test.ts'
import { readFromDisk } from '../../src/config/files.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { newest } from '../../src/migration/apache/versions.ts'
import { guessSource } from '../../src/migration/conversion.ts'
import { holds } from '../../src/migration/proof/prove.ts'
import { proofText } from '../../src/migration/proof/report.ts'
import { reportText } from '../../src/migration/report.ts'
import { convertCase, folder, paths, separator } from '../support/apache-cases.ts'
import { runIn } from './run.ts'

for (const path of paths) {
  t.test(basename(path, '.txt').replaceAll('-', ' '), async (t) => {
    const [source = '', ...expected] = readFileSync(path, 'utf8').split(separator)
    const text = `${source.trimEnd()}\n`
    const told = toldOf(text)
    if (process.env.CLAIMGATE_GOLDEN === 'write')
      writeFileSync(path, [source.trimEnd(), ...told].join(separator))
    else t.same(told.join(separator).split('\n'), expected.join(separator).split('\n'))
    t.notMatch(
      told.join('\n'),
      /hunter2|s3cret-of-miq|0acd5f6d|very secret|abcdef0123456789|openstack$/m,
      'no secret',
    )
  })
}

t.test('there are the twelve patterns of practice, and more', async (t) => {
  t.ok(paths.length >= 18, `${paths.length} cases`)
})

function toldOf(text: string): readonly string[] {
  const conversion = convertCase(text)
  if (!conversion.ok) return conversion.faults.map(({ at, message }) => `${at.line}:${at.column} ${message}`)
  const { gateway, prove } = conversion
  const proof = gateway === null || prove === null ? 'The result does not load.\n' : proofText(prove(gateway))
  return [conversion.yaml, reportText(conversion), proof]
}

const whole = `OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID app
OIDCClientSecret hunter2
OIDCRedirectURI https://app.example/callback
OIDCSessionInactivityTimeout 1800
OIDCRemoteUserClaim sub
ProxyPass / http://127.0.0.1:8000/
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`

t.test('the command', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-convert-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'httpd.conf'), whole)
  const convert = (...args: readonly string[]) => runIn(command, args, { cwd })

  t.test('writes the result to standard output and the report to standard error', async (t) => {
    const { code, stdout, stderr } = await convert('httpd.conf')
    t.equal(code, 0)
    t.match(stdout, 'require: signed_in')
    t.match(stderr, 'To set in the gateway’s environment\n  OIDC_CLIENT_SECRET: ')
    t.notMatch(stdout + stderr, 'hunter2')
    const env = { OIDC_CLIENT_SECRET: 'a-secret-of-the-test' }
    const loaded = loadGatewayFromText(stdout, { file: 'x', folder: cwd, env, readFile: readFromDisk })
    t.equal(loaded.ok, true, 'the result loads')
  })

  t.test('writes files for their owner alone, and overwrites none unasked', async (t) => {
    const args = ['httpd.conf', '-o', 'claimgate.yaml', '--report', 'report.txt'] as const
    t.equal((await convert(...args)).code, 0)
    t.equal(statSync(join(cwd, 'claimgate.yaml')).mode & 0o077, 0)
    const tests = readFileSync(join(cwd, 'claimgate.test.yaml'), 'utf8')
    t.match(tests, /request: \{ method: GET, url: https?:\/\/app\.example\/, client_ip: /)
    t.match(tests, /name: "\/: let in, as by httpd"[\s\S]*?expect: allow/)
    t.match(tests, /name: "\/: kept out, as by httpd"[\s\S]*?expect: sign_in/)
    const tested = await runIn(testCommand, ['-c', 'claimgate.yaml', '--made-up-secrets'], { cwd })
    t.equal(tested.code, 0, tested.stdout + tested.stderr)
    t.match(readFileSync(join(cwd, 'report.txt'), 'utf8'), 'Kept (')
    const again = await convert(...args)
    t.match(again, {
      code: 2,
      stderr: 'claimgate.yaml is not written: it is there already; --force overwrites it.\n',
    })
    t.equal((await convert(...args, '--force')).code, 0)
  })

  t.test('each location has a test that comes to it, also where another holds at its own path', async (t) => {
    const sections = `
<Location /api/>
  AuthType openid-connect
  Require claim groups:api
</Location>
<Location /x/deep>
  AuthType openid-connect
  Require claim groups:deep
</Location>
`
    writeFileSync(join(cwd, 'slash.conf'), whole + sections)
    t.equal((await convert('slash.conf', '-o', 'slash.yaml', '--report', 'slash.txt')).code, 0)
    const args = ['-c', 'slash.yaml', '--made-up-secrets', '--json']
    const tested = await runIn(testCommand, args, { cwd })
    const { ok, tests, coverage } = JSON.parse(tested.stdout)
    t.equal(ok, true)
    const toldOf = (location: string) =>
      tests
        .filter((one: { location: string }) => one.location === location)
        .map((one: { expect: string }) => one.expect)
    t.same(toldOf('/api').toSorted(), ['allow', 'deny'])
    t.same(toldOf('/api (exact)').toSorted(), ['allow', 'sign_in'])
    for (const { path, tests: count, refused } of coverage.locations) t.ok(count > 0 && refused > 0, path)
  })

  t.test('writes all of its files or none', async (t) => {
    for (const there of ['all.test.yaml', 'all.txt']) {
      const file = join(cwd, there)
      writeFileSync(file, 'of somebody')
      const refused = await convert('httpd.conf', '-o', 'all.yaml', '--report', 'all.txt')
      t.equal(refused.code, 2)
      t.equal(refused.stderr, `${there} is not written: it is there already; --force overwrites it.\n`)
      t.equal(readFileSync(file, 'utf8'), 'of somebody')
      t.same(
        readdirSync(cwd).filter((name) => name.startsWith('all.') && name !== there),
        [],
      )
      rmSync(file)
    }
    const nowhere = await convert('httpd.conf', '-o', 'all.yaml', '--report', 'nowhere/all.txt')
    t.match(nowhere, {
      code: 2,
      stderr: 'nowhere/all.txt is not written: there is no such folder (ENOENT).\n',
    })
    t.equal(existsSync(join(cwd, 'all.yaml')), false)
    const same = await convert('httpd.conf', '-o', 'all.yaml', '--report', 'all.yaml')
    t.match(same, { code: 2, stderr: 'all.yaml is named twice' })
    t.equal(existsSync(join(cwd, 'all.yaml')), false)
  })

  t.test('exit status 1 where a person has to look, with the line', async (t) => {
    writeFileSync(join(cwd, 'ldap.conf'), whole.replace('valid-user', 'ldap-group cn=admins'))
    const { code, stderr } = await convert('ldap.conf')
    t.equal(code, 1)
    t.match(stderr, 'ldap.conf:10 Require ldap-group cn=admins: ')
  })

  t.test('proves that both answer alike, and says where they do not', async (t) => {
    const { code, stderr } = await convert('httpd.conf', '--prove')
    t.equal(code, 0)
    t.match(stderr, /Proof: \d+ requests at \d+ paths .*\nEvery difference was announced above\.\n/)
    const json = JSON.parse((await convert('httpd.conf', '--prove', '--json')).stdout)
    t.match(json, {
      yaml: /apps:/,
      variables: [{ name: 'OIDC_CLIENT_SECRET' }],
      proof: { disagreements: [] },
    })
    t.match(json.findings[0], { id: String, kind: String, what: String, message: String })
  })

  t.test('a proof that judged nothing is none', async (t) => {
    const nothing = whole.replace('Require valid-user', 'Require ldap-group cn=admins')
    const only = `${nothing}ProxyPass /other http://127.0.0.1:9000/\n`
    writeFileSync(join(cwd, 'ldap-only.conf'), only)
    const { code, stderr } = await convert('ldap-only.conf', '--prove')
    t.equal(code, 1)
    t.match(stderr, /Proof: 0 requests at \d+ paths/)
    t.match(stderr, '  not judged: <Location /> asks what the model knows nothing of\n')
    t.match(stderr, 'Nothing was judged, so nothing is shown: this is no proof.')
    t.notMatch(stderr, 'Every difference was announced')
    t.equal(holds({ requests: 0, paths: 0, disagreements: [], notJudged: [] }), false)
  })

  t.test('reads what is included, what was defined, and the standard input', async (t) => {
    writeFileSync(
      join(cwd, 'main.conf'),
      `Include parts/*.conf\nInclude site.conf\n<IfDefine ADMIN>\n<Location /admin>\nRequire claim groups:\${GROUP}\n</Location>\n</IfDefine>\n`,
    )
    writeFileSync(join(cwd, 'site.conf'), whole)
    const { stdout, stderr, code } = await convert('main.conf', '-D', 'ADMIN,GROUP=admins')
    t.match(stdout, 'main.conf:1 Include parts/*.conf: closed\n    require: nobody')
    t.match(stderr, 'main.conf:1 Include parts/*.conf: no such file could be read')
    t.equal(code, 1)
    const main = readFileSync(join(cwd, 'main.conf'), 'utf8').replace(
      'Include parts',
      'IncludeOptional parts',
    )
    writeFileSync(join(cwd, 'main.conf'), main)
    // A folder that is not on this machine may hold rules; one that is here and empty holds none.
    t.match(
      (await convert('main.conf', '-D', 'ADMIN,GROUP=admins')).stdout,
      'main.conf:1 IncludeOptional parts/*.conf: closed\n    require: nobody',
    )
    mkdirSync(join(cwd, 'parts'))
    t.match(
      (await convert('main.conf', '-D', 'ADMIN,GROUP=admins')).stdout,
      '# main.conf:4 <Location /admin>\n      - path: /admin\n        require: { groups: admins }',
    )
  })

  t.test('takes variables of an environment, and leaves secrets where they are', async (t) => {
    const text = whole
      .replace('Require valid-user', `Require claim groups:\${STAFF}\n  RequestHeader set X-Key \${KEY}`)
      .replace('hunter2', `\${SECRET}`)
    writeFileSync(join(cwd, 'vars.conf'), text)
    writeFileSync(
      join(cwd, 'envvars'),
      `# of httpd\nexport STAFF='people-of-ours'\nSECRET=s3cret-of-env\nKEY="k3y-of-env"\nexport LOG=/var/log$SUFFIX\n`,
    )
    const { stdout, stderr, code } = await convert('vars.conf', '--env', 'envvars')
    t.equal(code, 0, stderr)
    t.match(stdout, 'require: { groups: people-of-ours }')
    t.match(stdout, `client_secret: "\${env:SECRET}"`)
    t.notMatch(stdout + stderr, /s3cret-of-env|k3y-of-env/)
    t.match((await convert('vars.conf')).stdout, `require: { groups: "\${env:STAFF}" }`)
    t.equal((await convert('vars.conf', '--env', 'nowhere')).code, 2)
    const piped = await runIn(command, ['vars.conf', '--env', '-'], { cwd, stdin: 'STAFF=piped\n' })
    t.match(piped.stdout, 'require: { groups: piped }')
  })

  t.test('a file that httpd would not start with: every fault with line and column, status 2', async (t) => {
    writeFileSync(
      join(cwd, 'bad.conf'),
      '<Location /a>\n  Require valid-user\n</Directory>\n<VirtualHost *:80\n',
    )
    const { code, stdout, stderr } = await convert('bad.conf')
    t.equal(code, 2)
    t.equal(stdout, '')
    t.same(stderr.trimEnd().split('\n'), [
      'bad.conf:3:1 </Directory> stands where <Location> of line 1 is to be closed',
      'bad.conf:4:1 <VirtualHost> lacks its closing ">"',
      'bad.conf:1:1 <Location> is not closed',
      'bad.conf:4:1 <VirtualHost> is not closed',
    ])
  })

  t.test('wrong usage and unreadable files are status 2', async (t) => {
    for (const args of [
      [],
      ['nowhere.conf'],
      ['httpd.conf', '--version', 'new'],
      ['httpd.conf', '--from', 'nginx'],
      ['--frob'],
    ]) {
      const { code, stderr } = await convert(...args)
      t.equal(code, 2, args.join(' '))
      t.not(stderr, '')
    }
    t.match((await convert('--help')).stdout, 'Usage: claimgate convert')
  })
})

t.test('the walk through one file in the documentation is what the command says', async (t) => {
  const page = readFileSync(
    fileURLToPath(new URL('../../docs/migrating-from-apache.md', import.meta.url)),
    'utf8',
  )
  const [, source = ''] = /```apache\n([\s\S]*?)```/.exec(page) ?? []
  const [, result = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-convert-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'wiki.conf'), source)
  const { code, stdout, stderr } = await runIn(command, ['wiki.conf', '--version', '2.4.12.3', '--prove'], {
    cwd,
  })
  t.equal(stdout, result)
  t.equal(code, 0)
  t.match(stderr, 'announced by [eaten-backslash] wiki.conf:37')
  t.match(stderr, 'wiki.conf:16 RewriteRule ^/private(/|$) - [F]: httpd refused everybody there')
})

t.test('whose configuration it is, is seen from its words', async (t) => {
  t.equal(guessSource(whole), 'apache')
  t.equal(guessSource('oidc_issuer_url = "https://idp.example"\nupstreams = ["http://a"]\n'), 'oauth2-proxy')
  t.equal(
    guessSource('oauth2-proxy --oidc-issuer-url=https://idp.example --upstream=http://a'),
    'oauth2-proxy',
  )
  t.equal(guessSource('something else'), 'apache')
})

t.test('a large configuration is converted to its end', async (t) => {
  const blocks = Array.from(
    { length: 1250 },
    (_, n) =>
      `<Location /team-${n}>\n  AuthType openid-connect\n  Require claim groups:team-${n} email~^[^@]+@team-${n}\\.example$\n</Location>\n`,
  )
  const [yaml = ''] = toldWithoutProof(whole + blocks.join(''))
  t.match(yaml, 'path: /team-1249')
})

function toldWithoutProof(text: string): readonly string[] {
  const input = { folder, readFile: readFromDisk, listFiles: () => [], version: newest, defined: [] }
  const conversion = convertApache({ files: [{ name: 'httpd.conf', text }], ...input })
  return conversion.ok ? [conversion.yaml, reportText(conversion)] : []
}
