// git through the gateway, as people who run their own forge do it: pushes with bodies of unknown length, clones with
// long answers, before git's own server behind Debian's Apache. Programs are let in by their address, or by a key.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { startApache } from '../support/apache.ts'
import { inventKey, storeKey } from '../support/api-keys.ts'
import { sharedSecret, startFront } from '../support/front.ts'
import { freePort } from '../support/ports.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'claimgate-git-'))
const repositories = join(folder, 'repositories')
const env = {
  PATH: '/usr/bin:/bin',
  HOME: folder,
  LANG: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
}
const git = (args: readonly string[], cwd = folder) => run('git', args, { cwd, env, timeout: 120_000 })

mkdirSync(repositories)
for (const name of ['wiki.git', 'private.git']) {
  await git(['init', '-q', '--bare', '--shared=0777', join(repositories, name)])
  await git(['-C', join(repositories, name), 'config', 'http.receivepack', 'true'])
}
// Its workers are another user.
chmodSync(folder, 0o755)
await run('chmod', ['-R', 'a+rwX', repositories])

const modules = '/usr/lib/apache2/modules'
const apache = await startApache({
  port: await freePort(),
  config: `
LoadModule env_module ${modules}/mod_env.so
LoadModule alias_module ${modules}/mod_alias.so
LoadModule cgi_module ${modules}/mod_cgi.so
SetEnv GIT_PROJECT_ROOT ${repositories}
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GIT_CONFIG_COUNT 1
SetEnv GIT_CONFIG_KEY_0 safe.directory
SetEnv GIT_CONFIG_VALUE_0 *
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
<Directory /usr/lib/git-core>
  Require all granted
</Directory>
`,
})
const front = await startFront({
  app: (port) => `
    require: signed_in
  forge:
    url: http://localhost:${port}/git
    upstream: "${apache.url}"
    shared_secret: ${sharedSecret}
    require: { any: [signed_in, { client_ip: 127.0.0.0/8 }] }
    max_body: none
    locations:
      - { path: /git/private.git, credentials: [session, api_key], require: signed_in }
`,
  top: 'trusted_proxies: none\napi_keys: { store: sqlite }',
})
t.teardown(async () => {
  await front.close()
  await apache.stop()
  rmSync(folder, { recursive: true, force: true })
})

const address = `http://localhost:${front.gateway.port}/git`

t.test('git pushes and clones what it pushed', async (t) => {
  const work = join(folder, 'work')
  await git(['init', '-q', '-b', 'main', work])
  // More than git sends in one piece: it then asks first, and sends chunks.
  const large = randomBytes(3 * 1024 * 1024)
  writeFileSync(join(work, 'large.bin'), large)
  writeFileSync(join(work, 'page.md'), 'hello\n')
  await git(['add', '.'], work)
  await git(['commit', '-q', '-m', 'a page'], work)
  await git(['-c', 'http.postBuffer=65536', 'push', '-q', `${address}/wiki.git`, 'main'], work)

  const clone = join(folder, 'clone')
  await git(['clone', '-q', '-b', 'main', `${address}/wiki.git`, clone])
  t.ok(readFileSync(join(clone, 'large.bin')).equals(large), 'every byte came back')

  writeFileSync(join(clone, 'page.md'), 'hello, world\n')
  await git(['commit', '-q', '-am', 'more'], clone)
  await git(['push', '-q', 'origin', 'main'], clone)
  await git(['pull', '-q', `${address}/wiki.git`, 'main'], work)
  t.equal(readFileSync(join(work, 'page.md'), 'utf8'), 'hello, world\n')
})

t.test('where somebody must sign in, git is refused in words and sends nothing there', async (t) => {
  await t.rejects(git(['clone', '-q', `${address}/private.git`, join(folder, 'private')]), /Username/)
})

t.test('with a key as user name and password, git pushes where people sign in', async (t) => {
  const key = await storeKey(t, front.gateway.folder)
  const withPair = (id: string, secret: string) => address.replace('://', `://${id}:${secret}@`)
  const work = join(folder, 'work-with-key')
  await git(['init', '-q', '-b', 'main', work])
  writeFileSync(join(work, 'page.md'), 'by a key\n')
  await git(['add', '.'], work)
  await git(['commit', '-q', '-m', 'by a key'], work)
  const push = (from: string) => git(['push', '-q', `${from}/private.git`, 'main'], work)
  const stranger = inventKey()
  await t.rejects(push(withPair(stranger.id, stranger.secret)), /Authentication failed/)
  await push(withPair(key.id, key.secret))
  const clone = join(folder, 'clone-with-key')
  await git(['clone', '-q', '-b', 'main', `${withPair(key.id, key.secret)}/private.git`, clone])
  t.equal(readFileSync(join(clone, 'page.md'), 'utf8'), 'by a key\n')
})
