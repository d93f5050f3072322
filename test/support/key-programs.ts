// Programs that an operator's back end and a customer have: curl, and the script of docs/operations.md.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')

interface Answer {
  readonly status: number
  readonly body: string
}

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { PATH: process.env.PATH ?? '', ...env }, timeout: 120_000 }
    const child = execFile(program, args, options, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${program}: ${stderr}${stdout}`)),
    )
    child.stdin?.end()
  })
}

/** One request of curl: the status, and what came. */
export async function curl(...args: string[]): Promise<Answer> {
  const out = await run('/usr/bin/curl', ['-s', '-w', '\n%{http_code}', ...args])
  const at = out.lastIndexOf('\n')
  return { status: Number(out.slice(at + 1)), body: out.slice(0, at) }
}

/** The script of the page, as a back end would run it. */
export async function backEnd(admin: string, token: string, ...args: string[]): Promise<readonly string[]> {
  const [, script] = /^```python\n(.*?)^```$/ms.exec(page) ?? []
  if (script === undefined) throw new Error('docs/operations.md shows no script any more')
  const env = { CLAIMGATE_ADMIN: admin, CLAIMGATE_ADMIN_TOKEN: token }
  return (await run('/usr/bin/python3', ['-c', script, ...args], env)).trim().split(' ')
}
