// What Lambda answers in place of a function, and what it says of one that failed: as faults that say what helps. The words
// are those of the API reference (Invoke, "Errors") and of the developer guide ("Troubleshoot invocation issues").
import t from 'tap'
import { invocationFault } from '../../../src/upstream/lambda/failure.ts'

const id = '79104ea2-1c5a-4bd8-9f3c-a8c1f0e5d3b7'

function faultOf(
  statusCode: number,
  body: unknown,
  ...lines: readonly string[]
): { readonly code: string; readonly message: string } | null {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = ['x-amzn-RequestId', id, ...lines]
  const head = { statusCode, reasonPhrase: null, headers }
  const fault = invocationFault({ place: 'app wiki', head, body: Buffer.from(text) })
  return fault && { code: fault.code, message: fault.message }
}

const failed = (body: unknown) => faultOf(200, body, 'X-Amz-Function-Error', 'Unhandled')

t.test('an answer of the function is no failure, whatever it says', async (t) => {
  t.equal(
    faultOf(200, { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out after 3.00 seconds' }),
    null,
  )
  t.equal(faultOf(200, 'no JSON'), null)
})

t.test('a function that Lambda ended took too long', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: `RequestId: ${id} Error: Task timed out after 3.00 seconds`,
      },
      /Lambda ended the function after 3.00 s, which is its own time-out there: .*AWS request id 79104ea2/,
    ],
    [{ errorMessage: `2026-11-29T09:00:00.000Z ${id} Task timed out after 30.03 seconds` }, /after 30.03 s,/],
    [{ errorType: 'Sandbox.Timedout' }, /Lambda ended the function, which/],
  ]
  for (const [body, expected] of rows) {
    const fault = failed(body)
    t.equal(fault?.code, 'UPSTREAM_TIMEOUT')
    t.match(fault?.message, expected)
  }
})

t.test('a function that ended in an error', async (t) => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [
      {
        errorType: 'Runtime.ImportModuleError',
        errorMessage: "Unable to import module 'wsgi_handler': No module named 'flask'",
      },
      /ended in an error, Runtime.ImportModuleError: Unable to import module 'wsgi_handler': No module named 'flask' \(AWS request id/,
    ],
    [
      {
        errorType: 'Runtime.ExitError',
        errorMessage: `RequestId: ${id} Error: Runtime exited with error: signal: killed`,
      },
      /Runtime.ExitError: RequestId: .*signal: killed/,
    ],
    [
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
      /answer is larger than Lambda passes on: Response payload size exceeded .*\(6291556 bytes\)\. \(AWS request id .*\): have it send less/,
    ],
    [{ errorMessage: 'x' }, /error, of no kind that was named \(/],
    ['no JSON', /of no kind that was named/],
    ['null', /of no kind that was named/],
    [{ errorType: ['x'], errorMessage: {} }, /of no kind that was named/],
    [JSON.parse('{"__proto__":{"errorType":"x"}}'), /of no kind that was named/],
  ]
  for (const [body, expected] of rows) {
    const fault = failed(body)
    t.equal(fault?.code, 'UPSTREAM_FUNCTION_FAILED')
    t.match(fault?.message, expected)
  }
})

t.test(
  'what an exception of the app says stays there; what is long or on several lines does too',
  async (t) => {
    const message = "KeyError: 'password=canary-of-a-form'"
    const fault = failed({ errorType: 'KeyError', errorMessage: message, stackTrace: ['canary'] })
    t.match(fault?.message, /ended in an error, KeyError \(/)
    t.notMatch(fault?.message, /canary/)
    // Node's runtime has a name of its own for a promise that nobody waited for, with the words of what the app threw.
    for (const errorType of ['Runtime.UnhandledPromiseRejection', 'Runtime.Unknown', 'Runtime.constructor']) {
      const rejected = failed({ errorType, errorMessage: `Error: ${message}` })
      t.ok(rejected?.message.includes(`ended in an error, ${errorType} (`), errorType)
      t.notMatch(rejected?.message, /canary/)
    }
    const hostile = failed({
      errorType: `Runtime.X\r\n{"level":60}${'y'.repeat(5000)}`,
      errorMessage: 'a\nb'.repeat(5000),
    })
    t.notMatch(hostile?.message, /[\r\n]/)
    t.ok((hostile?.message.length ?? 0) < 800, `${hostile?.message}`)
  },
)

t.test('the kind of a failure is read however Lambda writes it', async (t) => {
  for (const written of [
    'ServiceException',
    'ServiceException:http://internal.amazon.com/coral/com.amazonaws.lambda/',
    'com.amazonaws.lambda#ServiceException',
    'com.amazonaws.lambda#ServiceException:http://x/#y',
  ]) {
    const head = { statusCode: 500, reasonPhrase: null, headers: ['x-amzn-errortype', written] }
    const fault = invocationFault({ place: 'wiki', head, body: Buffer.from('{}') })
    t.match(fault?.message, '(500 ServiceException; ', written)
  }
})

t.test('what Lambda says in place of a function, each with what helps', async (t) => {
  const rows: readonly (readonly [number, string, unknown, string, RegExp])[] = [
    [
      404,
      'ResourceNotFoundException',
      { Type: 'User', Message: `Function not found: arn:aws:lambda:wiki` },
      'UPSTREAM_REFUSED_US',
      /no such function, version or alias: look at `upstream.lambda.function` \(404 ResourceNotFoundException: Function not found: arn/,
    ],
    [
      413,
      'RequestEntityTooLargeException',
      { message: 'Request must be smaller' },
      'REQUEST_BODY_TOO_LARGE',
      /does not take so large an event/,
    ],
    [
      429,
      'TooManyRequestsException',
      {
        Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
        Type: 'User',
        message: 'Rate Exceeded.',
      },
      'UPSTREAM_BUSY',
      /no further invocation now, ReservedFunctionConcurrentInvocationLimitExceeded: raise the function’s reserved concurrency/,
    ],
    [429, 'TooManyRequestsException', '', 'UPSTREAM_BUSY', /no further invocation now: raise/],
    [
      403,
      'KMSAccessDeniedException',
      { Message: 'Lambda was unable to decrypt' },
      'UPSTREAM_REFUSED_US',
      /see the policies of role, function/,
    ],
    [
      500,
      'ServiceException',
      { Type: 'Service', message: 'An error occurred' },
      'UPSTREAM_FUNCTION_FAILED',
      /did not run the function \(500 ServiceException: An error occurred;/,
    ],
    [
      502,
      'EC2UnexpectedException',
      { Message: 'x' },
      'UPSTREAM_FUNCTION_FAILED',
      /502 EC2UnexpectedException: x/,
    ],
    [502, 'EC2ThrottledException', {}, 'UPSTREAM_FUNCTION_FAILED', /502 EC2ThrottledException;/],
    [
      400,
      'InvalidRequestContentException',
      { message: 'Could not parse' },
      'UPSTREAM_FUNCTION_FAILED',
      /400 InvalidRequestContent/,
    ],
    [
      503,
      '',
      '<html>Service Unavailable</html>',
      'UPSTREAM_FUNCTION_FAILED',
      /503 of no kind that was named; AWS request id/,
    ],
    [202, '', '', 'UPSTREAM_RESPONSE_INVALID', /did not run the function \(202/],
    [302, '', '', 'UPSTREAM_RESPONSE_INVALID', /did not run the function \(302/],
  ]
  for (const [status, type, body, code, expected] of rows) {
    const fault = faultOf(
      status,
      body,
      ...(type === '' ? [] : ['x-amzn-ErrorType', `${type}:http://internal.amazon.com/coral/`]),
    )
    t.equal(fault?.code, code, `${status} ${type}`)
    t.match(fault?.message, expected)
  }
})

t.test('without a request id it says so', async (t) => {
  const head = { statusCode: 500, reasonPhrase: null, headers: [] }
  t.match(invocationFault({ place: 'a', head, body: Buffer.alloc(0) })?.message, /AWS names no request id/)
})
