// Debian's reverse proxies as people put them before the gateway, each in a folder and a process of its own.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild, stopChild } from './child.ts'
import { freePort } from './ports.ts'
import { poll } from './waiting.ts'

/**
 * `nginx-unbuffered` hands bodies on as they come (`proxy_request_buffering off`), `nginx-telling` says who asks and how.
 */
export type ReverseProxyName = 'nginx' | 'nginx-unbuffered' | 'nginx-telling' | 'caddy' | 'haproxy'

export interface ReverseProxy {
  readonly port: number
  stop(): Promise<void>
}

interface Program {
  readonly path: string
  readonly config: (port: number, to: string, folder: string) => string
  readonly args: (file: string, folder: string) => readonly string[]
}

/** What belongs around the `http` part of nginx where it runs without a machine of its own. */
export const nginxWith = (http: string, folder: string): string => `
${process.getuid?.() === 0 ? 'user www-data;' : ''}
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${http}
}`

const nginx = (more: string): Program => ({
  path: '/usr/sbin/nginx',
  config: (port, to, folder) =>
    nginxWith(
      `
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://${to};
      proxy_set_header Host $http_host;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      ${more}
    }
  }`,
      folder,
    ),
  args: (file, folder) => ['-c', file, '-p', folder],
})

const programs: Readonly<Record<ReverseProxyName, Program>> = {
  nginx: nginx(''),
  'nginx-unbuffered': nginx('proxy_request_buffering off;'),
  'nginx-telling': nginx(
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;',
  ),
  caddy: {
    path: '/usr/bin/caddy',
    config: (port, to) => `{
  admin off
  auto_https off
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy ${to}
}
`,
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
  },
  haproxy: {
    path: '/usr/sbin/haproxy',
    config: (port, to) => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend in
  bind 127.0.0.1:${port}
  default_backend out
backend out
  server gateway ${to}
`,
    args: (file) => ['-db', '-f', file],
  },
}

/**
 * Starts one before a port, or nginx before a Unix socket, and waits until it takes connections; what it says is in the
 * error when it does not.
 */
export function startReverseProxy(name: ReverseProxyName, to: number | string): Promise<ReverseProxy> {
  const { config, ...program } = programs[name]
  const address = typeof to === 'number' ? `127.0.0.1:${to}` : `unix:${to}:`
  return startWith(name, program, (port, folder) => config(port, address, folder))
}

/** The same with a configuration that a page of docs/ shows: it is told the port to listen on, and a folder. */
export function startConfigured(
  name: 'nginx' | 'caddy' | 'haproxy',
  config: (port: number, folder: string) => string,
): Promise<ReverseProxy> {
  return startWith(name, programs[name], config)
}

async function startWith(
  name: string,
  { path, args }: Pick<Program, 'path' | 'args'>,
  config: (port: number, folder: string) => string,
): Promise<ReverseProxy> {
  const folder = mkdtempSync(join(tmpdir(), `claimgate-${name}-`))
  // As root the workers are another user's.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const file = join(folder, 'config')
  writeFileSync(file, config(port, folder))
  const child = startChild(path, args(file, folder), {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', HOME: folder, TMPDIR: folder },
  })
  let said = ''
  child.stdout.resume()
  child.stderr.on('data', (piece: Buffer) => {
    said += piece.toString('utf8')
  })
  const stop = async (): Promise<void> => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const look = async () => (child.exitCode === null ? ((await connects(port)) ? 'up' : 'silent') : 'ended')
  const seen = await poll(`${name} to answer on port ${port}`, look, (state) => state !== 'silent')
  if (seen === 'up') return { port, stop }
  await stop()
  throw new Error(`${path} does not start:\n${said}`)
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
