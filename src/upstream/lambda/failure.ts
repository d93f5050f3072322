import { UpstreamFault } from '../../core/fault.ts'
import { parseJson } from '../../core/json.ts'
import { type JsonObject, toJsonObject } from '../../core/json-object.ts'
import type { AnswerHead } from '../../core/ports.ts'
import { showOwn } from '../../core/show.ts'
import { lineOf } from '../answer-head.ts'
import { awsWords } from '../aws/words.ts'
import type { StreamError } from './event-stream.ts'

/** An answer of the Invoke API that is no answer of a function. */
interface FailedInvocation {
  /** Whose it is, for the words of the fault. */
  readonly place: string
  readonly head: AnswerHead
  readonly body: Buffer
}

/**
 * Why an invocation came to nothing; null: it did not, and the function answered. The message names the kind of the failure,
 * AWS's request id, by which the function's log is found, and what helps. Of what an app's own exception says nothing is
 * repeated: it may hold anything of the request.
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function invocationFault({ place, head, body }: FailedInvocation): UpstreamFault | null {
  const { statusCode, headers } = head
  const request = requestOf(head)
  const isError = lineOf(headers, 'x-amz-function-error') !== null
  if (statusCode === 200 && !isError) return null
  const said = toJsonObject(parseJson(body.toString('utf8'))) ?? {}
  const type = typeOf(
    lineOf(headers, 'x-amzn-errortype') ?? textIn(said, 'errorType') ?? textIn(said, 'Type'),
  )
  if (isError) return functionFault(`${place}: `, request, type, textIn(said, 'errorMessage') ?? '')
  const words = textIn(said, 'Message') ?? textIn(said, 'message')
  return lambdaFault(`${place}: `, {
    statusCode,
    request,
    type,
    said,
    words: words === null ? '' : `: ${awsWords(words)}`,
  })
}

/**
 * The same of a function whose answer streams, as the last message of the stream has it: a code, and details that are an
 * error's JSON or a sentence.
 * https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStreamCompleteEvent.html
 */
export function streamFault(place: string, head: AnswerHead, error: StreamError): UpstreamFault {
  const said = toJsonObject(parseJson(error.details)) ?? {}
  const type = typeOf(textIn(said, 'errorType') ?? error.code)
  return functionFault(`${place}: `, requestOf(head), type, textIn(said, 'errorMessage') ?? error.details)
}

const timedOut = /\bTask timed out after ([0-9.]+) seconds/

function functionFault(place: string, request: string, type: string, message: string): UpstreamFault {
  const seconds = timedOut.exec(message)?.[1]
  if (type === 'Sandbox.Timedout' || seconds !== undefined) {
    const after = seconds === undefined ? '' : ` after ${seconds} s`
    return new UpstreamFault(
      'UPSTREAM_TIMEOUT',
      `${place}Lambda ended the function${after}, which is its own time-out there: raise that, or see what it waits for (${request})`,
    )
  }
  if (type === 'Function.ResponseSizeTooLarge')
    return new UpstreamFault(
      'UPSTREAM_FUNCTION_FAILED',
      `${place}the function’s answer is larger than Lambda passes on: ${awsWords(message)} (${request}): have it send less, or a link to where the file is`,
    )
  const words = isOfLambda(type) ? `: ${awsWords(message)}` : ''
  return new UpstreamFault(
    'UPSTREAM_FUNCTION_FAILED',
    `${place}the function ended in an error, ${type}${words} (${request}): its log says more`,
  )
}

/**
 * Errors of AWS's runtimes that tell of how the function was loaded, how its process ended, or that what it returned is no JSON.
 * Others of theirs repeat what the app threw, such as Node's `Runtime.UnhandledPromiseRejection`.
 */
const runtimeErrors: ReadonlySet<string> = new Set(
  [
    ...['ImportModuleError', 'UserCodeSyntaxError', 'HandlerNotFound', 'MalformedHandlerName'],
    ...['MalformedStreamingHandler', 'NativeClientLoading', 'CallbackHandlerDeprecated'],
    ...['ExitError', 'InvalidEntrypoint', 'InvalidWorkingDir', 'MarshalError', 'JSONStringifyError'],
  ].map((name) => `Runtime.${name}`),
)

/** Whether the words of such an error are Lambda's own. */
function isOfLambda(type: string): boolean {
  return runtimeErrors.has(type) || /^(?:Sandbox|Extension)\./.test(type)
}

interface LambdaAnswer {
  readonly statusCode: number
  readonly request: string
  readonly type: string
  readonly said: JsonObject
  readonly words: string
}

function lambdaFault(place: string, { statusCode, request, type, said, words }: LambdaAnswer): UpstreamFault {
  const told = `(${statusCode} ${type}${words}; ${request})`
  switch (statusCode) {
    case 404:
      return new UpstreamFault(
        'UPSTREAM_REFUSED_US',
        `${place}Lambda has no such function, version or alias: look at \`upstream.lambda.function\` ${told}`,
      )
    case 413:
      return new UpstreamFault(
        'REQUEST_BODY_TOO_LARGE',
        `${place}Lambda does not take so large an event ${told}`,
      )
    case 429: {
      const reason = textIn(said, 'Reason')
      const why = reason === null ? '' : `, ${typeOf(reason)}`
      return new UpstreamFault(
        'UPSTREAM_BUSY',
        `${place}Lambda starts no further invocation now${why}: raise the function’s reserved concurrency, or the account’s quota ${told}`,
      )
    }
    case 403:
      return new UpstreamFault(
        'UPSTREAM_REFUSED_US',
        `${place}Lambda refused the invocation: see the policies of role, function and endpoint ${told}`,
      )
    default:
      return new UpstreamFault(
        statusCode < 400 ? 'UPSTREAM_RESPONSE_INVALID' : 'UPSTREAM_FUNCTION_FAILED',
        `${place}Lambda did not run the function ${told}`,
      )
  }
}

/** AWS's id of an invocation, by which the function's log is found; for a log. */
export function requestOf({ headers }: Pick<AnswerHead, 'headers'>): string {
  const id = lineOf(headers, 'x-amzn-requestid')
  return id === null ? 'AWS names no request id' : `AWS request id ${showOwn(id, 80)}`
}

/** `Name:http://internal.amazon.com/coral/…` is read as `Name`; also by AWS's own clients. */
function typeOf(written: string | null): string {
  const [name = ''] = (written ?? '').split(':', 1)
  const last = name.split('#').at(-1)?.trim() ?? ''
  return last === '' ? 'of no kind that was named' : showOwn(last, 80)
}

function textIn(object: JsonObject, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : null
  return typeof value === 'string' ? value : null
}
