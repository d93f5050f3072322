// How often a program of ours asks for keys, whoever sends it what: run by Debian's Python, with a clock of the test.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readSigningKey } from '../../src/config/signing-key.ts'
import { publicKeySet, type SigningKey } from '../../src/core/assertion/settings.ts'
import { assertionSnippet, snippetKinds } from '../../src/init/assertion-snippet.ts'
import { newKey } from '../support/signed-jwt.ts'

const settings = {
  ...{ header: 'X-Proof-Of', issuer: 'https://wiki.example/.auth/assertion', audience: `wiki"'\\` },
  ...{ claims: [], lifetimeSeconds: 60 },
}

function keyOf(): SigningKey {
  const { privateKey } = newKey('k', 'ES256')
  const read = readSigningKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  if (!read.ok) throw new Error(read.message)
  return read.key
}

/** Runs lines after those of the snippet; what they print. \`ask(kid)\` says \`ok\` or \`no\`, \`asked\` is how often keys were. */
function run(
  folder: string,
  kind: (typeof snippetKinds)[number],
  lines: string,
  env: Record<string, string> = {},
): string {
  writeFileSync(join(folder, 'snippet.py'), assertionSnippet(kind, settings))
  const before = `
import io, sys, threading, time, urllib.request
clock, asked, answers = [0.0], [], []
time.monotonic = lambda: clock[0]
def urlopen(url, timeout):
    asked.append((url, timeout))
    answer = answers[-1]
    if answer is None: raise OSError("no way")
    return io.BytesIO(answer.encode())
urllib.request.urlopen = urlopen
import snippet
def ask(kid):
    try:
        snippet.key_of(kid)
        return "ok"
    except Exception:
        return "no"
`
  return execFileSync('/usr/bin/python3', ['-B', '-c', before + lines], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
  }).trim()
}

const [old, next] = [keyOf(), keyOf()]
const sets = { old: publicKeySet([old]), both: publicKeySet([next, old]), next: publicKeySet([next]) }
const inPython = (text: string) => JSON.stringify(text)

t.test('strangers who name keys that are none make nobody ask more than once in ten seconds', async (t) => {
  const said = run(
    t.testdir(),
    'flask',
    `
answers.append(${inPython(sets.old)})
print([ask("forged%d" % i) for i in range(100)] == ["no"] * 100, len(asked), asked[0])
print(ask("${old.kid}"), len(asked))
clock[0] = 9.9
print(ask("forged"), len(asked))
clock[0] = 11
print([ask("forged%d" % i) for i in range(100)] == ["no"] * 100, len(asked), ask("${old.kid}"), len(asked))
`,
  )
  t.same(said.split('\n'), [
    "True 1 ('https://wiki.example/.auth/jwks.json', 5)",
    'ok 1',
    'no 1',
    'True 2 ok 2',
  ])
})

t.test('a key that is new is asked for, and one that is gone counts for five minutes at most', async (t) => {
  const said = run(
    t.testdir(),
    'lambda-python',
    `
answers.append(${inPython(sets.old)})
print(ask("${old.kid}"), ask("${next.kid}"), len(asked))
answers.append(${inPython(sets.both)})
clock[0] = 20
print(ask("${next.kid}"), ask("${old.kid}"), len(asked))
answers.append(${inPython(sets.next)})
clock[0] = 320
print(ask("${old.kid}"), len(asked))
clock[0] = 321
print(ask("${old.kid}"), ask("${next.kid}"), len(asked))
`,
  )
  t.same(said.split('\n'), ['ok no 1', 'ok ok 2', 'ok 2', 'no ok 3'])
})

t.test('keys that cannot be had let nobody in, and take nobody away', async (t) => {
  const said = run(
    t.testdir(),
    'flask',
    `
answers.append(None)
print(ask("${old.kid}"), len(asked), ask("${old.kid}"), len(asked))
answers.append('{"keys": []}')
clock[0] = 11
print(ask("${old.kid}"), len(asked))
answers.append(${inPython(sets.old)})
clock[0] = 22
print(ask("${old.kid}"), len(asked))
answers.append(None)
clock[0] = 400
print(ask("${old.kid}"), ask("${old.kid}"), len(asked))
answers.append('a page of somebody else')
clock[0] = 800
print(ask("${old.kid}"), ask("forged"), len(asked))
`,
  )
  t.same(said.split('\n'), ['no 1 no 1', 'no 2', 'ok 3', 'ok ok 4', 'ok no 5'])
})

t.test('the log of the app says why there are no keys, and why somebody was refused', async (t) => {
  const lines = `
answers.append(None)
sys.stderr = io.StringIO()
errors = io.StringIO()
said = []
app = snippet.VerifiedUser(lambda environ, start: [b"never"])
def send(token):
    app({"HTTP_X_PROOF_OF": token, "wsgi.errors": errors}, lambda status, headers: said.append(status))
send("eyJhbGciOiJFUzI1NiIsImtpZCI6ImNhbmFyeSJ9.e30.AAAA")
send("canary")
app({"wsgi.errors": errors}, lambda status, headers: said.append(status))
print(said)
print(sys.stderr.getvalue().strip())
print(errors.getvalue().strip())
`
  t.same(run(t.testdir(), 'flask', lines).split('\n'), [
    "['403 Forbidden', '403 Forbidden', '401 Unauthorized']",
    'no keys from https://wiki.example/.auth/jwks.json: no way',
    'X-Proof-Of refused: KeyError',
    'X-Proof-Of refused: DecodeError',
  ])
  const handler = `
answers.append(None)
sys.stderr = sys.stdout
handle = snippet.verified(lambda event, context: None)
print(handle({"headers": {"X-Proof-Of": "canary"}}, None)["statusCode"], handle({"headers": {}}, None)["statusCode"])
`
  t.same(run(t.testdir(), 'lambda-python', handler).split('\n'), [
    'X-Proof-Of refused: DecodeError',
    '403 401',
  ])
})

t.test('who has a key waits for nobody who asks for another one', async (t) => {
  const said = run(
    t.testdir(),
    'flask',
    `
answers.append(${inPython(sets.old)})
print(ask("${old.kid}"), len(asked))
plain, asking, answer = urllib.request.urlopen, threading.Event(), threading.Event()
def slow(url, timeout):
    asking.set()
    answer.wait()
    return plain(url, timeout)
urllib.request.urlopen = slow
answers.append(${inPython(sets.both)})
for kid, at in (("forged", 11), ("${old.kid}", 400)):
    clock[0] = at
    asking.clear()
    answer.clear()
    said = []
    one = threading.Thread(target=lambda: said.append(ask(kid)))
    one.start()
    asking.wait()
    others = [threading.Thread(target=lambda: said.append(ask("${old.kid}"))) for _ in range(4)]
    for thread in others: thread.start()
    until = time.time() + 30
    for thread in others: thread.join(max(0, until - time.time()))
    print(said, len(asked))
    answer.set()
    one.join()
    print(said[-1], len(asked))
`,
  )
  t.same(said.split('\n'), [
    'ok 1',
    "['ok', 'ok', 'ok', 'ok'] 1",
    'no 2',
    "['ok', 'ok', 'ok', 'ok'] 2",
    'ok 3',
  ])
})

t.test('of many first requests at once each waits for the keys, which are asked for once', async (t) => {
  const said = run(
    t.testdir(),
    'flask',
    `
answers.append(${inPython(sets.old)})
began = threading.Barrier(8)
plain = urllib.request.urlopen
def slow(url, timeout):
    threading.Event().wait(0.2)
    return plain(url, timeout)
urllib.request.urlopen = slow
said = []
def one():
    began.wait()
    said.append(ask("${old.kid}"))
threads = [threading.Thread(target=one) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(said == ["ok"] * 8, len(asked))
`,
  )
  t.equal(said, 'True 1')
})

t.test('keys of a variable ask nobody, and names stand in the program as they are', async (t) => {
  for (const kind of snippetKinds) {
    const lines = `
print(ask("${old.kid}"), ask("${next.kid}"), len(asked))
print(snippet.AUDIENCE, snippet.ISSUER, snippet.KEYS_AT)
`
    t.same(run(t.testdir(), kind, lines, { CLAIMGATE_JWKS: sets.old }).split('\n'), [
      'ok no 0',
      `wiki"'\\ https://wiki.example/.auth/assertion https://wiki.example/.auth/jwks.json`,
    ])
  }
})

t.test(
  'a function takes headers in whatever form an event has them, and only one of that name',
  async (t) => {
    const lines = `
snippet.verify = lambda token: {"sub": "ada"} if token == "good" else 1 / 0
snippet.print = lambda *_: None
def handler(event, context):
    return event["requestContext"]
handle = snippet.verified(handler)
def told(event):
    answer = handle(event, None)
    return answer.get("statusCode") or answer["authorizer"]["principalId"]
print(told({"headers": {"X-Proof-Of": "good"}}), told({"headers": {"x-proof-of": "good"}, "requestContext": None}))
print(told({"multiValueHeaders": {"x-PROOF-of": ["good"]}, "headers": {"X-Proof-Of": "bad"}}))
print(told({"multiValueHeaders": {"X-Proof-Of": ["good", "good"]}}), told({"headers": {"X-Proof-Of": "good", "x-proof-of": "good"}}))
print(told({}), told({"headers": None, "multiValueHeaders": None}), told({"headers": {"X_Proof_Of": "good"}}))
print(told({"source": "aws.events"}), told({"_serverless-wsgi": {"command": "exec", "data": "print(1)"}}))
event = {"headers": {"X-Proof-Of": "good"}, "requestContext": {"authorizer": {"principalId": "eve", "claims": {"sub": "eve"}}, "stage": "prod"}}
print(handle(event, None))
`
    t.same(run(t.testdir(), 'lambda-python', lines).split('\n'), [
      ...['ada ada', 'ada', '403 403', '401 401 401', '401 401'],
      "{'authorizer': {'principalId': 'ada', 'claims': {'sub': 'ada'}}, 'stage': 'prod'}",
    ])
  },
)

t.test('it is short enough to be read', async (t) => {
  for (const kind of snippetKinds) {
    const lines = assertionSnippet(kind, settings).split('\n')
    t.ok(lines.length <= 55, `${lines.length} lines`)
    t.same(
      lines.filter((line) => line.length > 120),
      [],
    )
  }
})
