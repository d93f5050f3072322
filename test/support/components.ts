// Runs before the tests (`npm test`): the real parts that a user has must be here, or nothing runs. Missing Debian
// packages are installed when that is possible (root, apt-get); otherwise this says exactly which, and fails.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

interface Component {
  readonly name: string
  readonly package: string
  readonly present: () => boolean
}

const runs = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const components: readonly Component[] = [
  { name: 'Chromium', package: 'chromium', present: () => existsSync('/usr/bin/chromium') },
  {
    name: 'Chromium without windows',
    package: 'chromium-headless-shell',
    present: () => existsSync('/usr/bin/chromium-headless-shell'),
  },
  {
    name: 'Flask',
    package: 'python3-flask',
    present: () => runs('/usr/bin/python3', '-c', 'import flask'),
  },
  {
    name: 'gunicorn',
    package: 'gunicorn',
    present: () => runs('/usr/bin/python3', '-c', 'import gunicorn'),
  },
  {
    name: 'PyJWT',
    package: 'python3-jwt',
    present: () => runs('/usr/bin/python3', '-c', 'import jwt'),
  },
  {
    name: 'cryptography of Python',
    package: 'python3-cryptography',
    present: () => runs('/usr/bin/python3', '-c', 'import cryptography'),
  },
  { name: 'Apache httpd', package: 'apache2', present: () => existsSync('/usr/sbin/apache2') },
  {
    name: 'mod_auth_openidc',
    package: 'libapache2-mod-auth-openidc',
    present: () => existsSync('/usr/lib/apache2/modules/mod_auth_openidc.so'),
  },
  {
    name: 'mod_wsgi',
    package: 'libapache2-mod-wsgi-py3',
    present: () => existsSync('/usr/lib/apache2/modules/mod_wsgi.so'),
  },
  {
    name: 'Radicale',
    package: 'radicale',
    present: () => runs('/usr/bin/python3', '-c', 'import radicale'),
  },
  {
    name: 'python3-caldav',
    package: 'python3-caldav',
    present: () => runs('/usr/bin/python3', '-c', 'import caldav'),
  },
  {
    name: 'python3-requests',
    package: 'python3-requests',
    present: () => runs('/usr/bin/python3', '-c', 'import requests'),
  },
  {
    name: 'botocore',
    package: 'python3-botocore',
    present: () => runs('/usr/bin/python3', '-c', 'import botocore.auth'),
  },
  { name: 'jq', package: 'jq', present: () => runs('jq', '--version') },
  { name: 'nginx', package: 'nginx', present: () => existsSync('/usr/sbin/nginx') },
  { name: 'Glewlwyd', package: 'glewlwyd', present: () => existsSync('/usr/bin/glewlwyd') },
  { name: 'Jupyter', package: 'jupyter-server', present: () => existsSync('/usr/bin/jupyter-server') },
  { name: 'websockify', package: 'websockify', present: () => existsSync('/usr/bin/websockify') },
  {
    name: 'python-socketio',
    package: 'python3-socketio',
    present: () => runs('/usr/bin/python3', '-c', 'import socketio, requests'),
  },
  {
    name: 'eventlet',
    package: 'python3-eventlet',
    present: () => runs('/usr/bin/python3', '-c', 'import eventlet'),
  },
  {
    name: 'websocket-client',
    package: 'python3-websocket',
    present: () => runs('/usr/bin/python3', '-c', 'import websocket'),
  },
  { name: 'Redis', package: 'redis-server', present: () => runs('redis-server', '--version') },
  { name: 'git', package: 'git', present: () => existsSync('/usr/lib/git-core/git-http-backend') },
  {
    name: 'Tomcat',
    package: 'tomcat10-common',
    present: () => existsSync('/usr/share/tomcat10/bin/bootstrap.jar') && runs('java', '-version'),
  },
  { name: 'Caddy', package: 'caddy', present: () => existsSync('/usr/bin/caddy') },
  { name: 'HAProxy', package: 'haproxy', present: () => existsSync('/usr/sbin/haproxy') },
  {
    name: 'systemd-analyze',
    package: 'systemd',
    present: () => existsSync('/usr/bin/systemd-analyze'),
  },
  { name: 'buildah', package: 'buildah', present: () => existsSync('/usr/bin/buildah') },
  { name: 'podman', package: 'podman', present: () => existsSync('/usr/bin/podman') },
  { name: 'runc', package: 'runc', present: () => existsSync('/usr/sbin/runc') },
  { name: 'crun', package: 'crun', present: () => existsSync('/usr/bin/crun') },
  { name: 'mmdebstrap', package: 'mmdebstrap', present: () => existsSync('/usr/bin/mmdebstrap') },
  { name: 'curl', package: 'curl', present: () => existsSync('/usr/bin/curl') },
  { name: 'zsh', package: 'zsh', present: () => existsSync('/usr/bin/zsh') },
  { name: 'bash', package: 'bash', present: () => existsSync('/bin/bash') },
  {
    name: 'tools of NSS',
    package: 'libnss3-tools',
    present: () => ['certutil', 'pk12util'].every((name) => existsSync(`/usr/bin/${name}`)),
  },
  { name: 'openssl', package: 'openssl', present: () => runs('openssl', 'version') },
]

const missing = () => components.filter((component) => !component.present())

const before = missing()
if (before.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  const packages = before.map((component) => component.package)
  process.stdout.write(`installing ${packages.join(' ')}\n`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-q'], { stdio: ['ignore', 'ignore', 'inherit'], env })
  execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env,
  })
}
const after = missing()
if (after.length > 0) {
  process.stderr.write(
    `The tests need ${after.map((component) => component.name).join(', ')}. Install: apt-get install --no-install-recommends ${after.map((component) => component.package).join(' ')}\n`,
  )
  process.exit(1)
}
