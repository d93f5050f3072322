// What may stand in a log of what AWS and its package say: one line, and nothing of what was sent or could not be read.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { awsWords, CredentialFailure, failureWords } from '../../../src/upstream/aws/words.ts'

t.test('the first line alone: the next ones of a refused signature show the request', async (t) => {
  const said =
    'The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this ' +
    "request should have been\n'GET\n/\n\nx-amz-security-token:IQoJb3JpZ2luX2Vj"
  t.equal(awsWords(said), 'The request signature we calculated does not match the signature you provided.')
  t.equal(awsWords('\r\n one\rtwo'), 'one')
})

t.test('what is as long as a session token is left out, wherever it stands', async (t) => {
  const token = `IQoJb3JpZ2luX2Vj${'AbC/+=_-%09'.repeat(20)}`
  t.equal(awsWords(`token ${token} is bad`), 'token … is bad')
  const named =
    'User: arn:aws:sts::123456789012:assumed-role/some-role-with-a-long-name/claimgate is not authorized'
  t.equal(awsWords(named), named)
})

t.test('no control characters, and not without end', async (t) => {
  t.equal(awsWords('a\x00b\x1b[31mc\x7f'), 'a?b?[31mc?')
  t.equal(awsWords('ä “quoted”'), 'ä “quoted”')
  const long = awsWords('ab '.repeat(1_000))
  t.equal(long.length, limits.awsWords + 1)
})

t.test('of what is not known to be words only the kind is told', async (t) => {
  const secret = 'wJalrXUtnFEMI'
  const parse = () => JSON.parse(`{"SecretAccessKey":"${secret}`)
  const thrownBy = (run: () => unknown): unknown => {
    try {
      run()
    } catch (thrown) {
      return thrown
    }
    throw new Error('it did not throw')
  }
  t.equal(failureWords(thrownBy(parse)), 'what came is no JSON')
  t.equal(failureWords(new TypeError(`cannot read ${secret}`)), 'TypeError')
  t.equal(failureWords(Object.assign(new Error(secret), { name: 'x y\n' })), 'x?y?')
  t.equal(failureWords(secret), 'an unknown failure')
  t.equal(
    failureWords(Object.assign(new Error(secret), { $metadata: { httpStatusCode: 503 } })),
    'status 503, Error',
  )
})

t.test('what is known is told in words', async (t) => {
  t.equal(failureWords(new CredentialFailure('why')), 'why')
  const provider = Object.assign(new Error('no such role'), { name: 'ProviderError', statusCode: 404 })
  t.equal(failureWords(provider), 'status 404, no such role')
  const service = Object.assign(new Error('User: x is not authorized'), {
    name: 'AccessDenied',
    $fault: 'client',
  })
  t.equal(failureWords(service), 'AccessDenied: User: x is not authorized')
  t.match(
    failureWords(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
    /nothing listens there.*\(ECONNREFUSED\)/,
  )
  const file = Object.assign(new Error("ENOENT: no such file or directory, open '/var/run/token'"), {
    ...{ code: 'ENOENT', syscall: 'open', path: '/var/run/token' },
  })
  t.equal(failureWords(file), "ENOENT: no such file or directory, open '/var/run/token'")
})
