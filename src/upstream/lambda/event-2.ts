import { authorizerMember } from '../../core/authorizer.ts'
import { domainPrefix, type FunctionRequest, logFormatTime } from './function-request.ts'
import { asObject, type HeaderLine, valuesByName } from './header-lines.ts'
import { queryParameters } from './query.ts'

/**
 * The event of format 2.0, as HTTP APIs send it for `$default`, and function URLs.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export function eventOfFormat2(request: FunctionRequest): object {
  const { path, query, body } = request
  const lines = request.lines.map(([name, value]): HeaderLine => [name.toLowerCase(), value])
  const cookies = lines.filter(([name]) => name === 'cookie').flatMap(([, value]) => cookiesOf(value))
  const headers = valuesByName(lines.filter(([name]) => name !== 'cookie'))
  const parameters = valuesByName(queryParameters(query))
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: asObject(headers, joined),
    ...(parameters.size === 0 ? {} : { queryStringParameters: asObject(parameters, joined) }),
    requestContext: requestContext(request),
    ...(body === null ? {} : { body: body.text }),
    isBase64Encoded: body?.isBase64 ?? false,
  }
}

function requestContext(request: FunctionRequest): object {
  const { app, method, path, domainName, accountId, sourceIp, userAgent, requestId, nowMs, authorizer } =
    request
  return {
    accountId,
    apiId: app,
    ...(authorizer === null ? {} : { authorizer: authorizerMember('2.0', authorizer) }),
    domainName,
    domainPrefix: domainPrefix(domainName),
    http: { method, path, protocol: 'HTTP/1.1', sourceIp, userAgent },
    requestId,
    routeKey: '$default',
    stage: '$default',
    time: logFormatTime(nowMs),
    timeEpoch: nowMs,
  }
}

/** RFC 6265 section 4.2.1: pairs are separated by a semicolon and a space; browsers know no other separator. */
function cookiesOf(value: string): readonly string[] {
  return value
    .split(';')
    .map(withoutBlanks)
    .filter((pair) => pair !== '')
}

/** Without blanks and tabs at its ends, and no other spaces: a byte of 160 is a blank to `trim`. */
function withoutBlanks(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && isBlank(text[from])) from += 1
  while (to > from && isBlank(text[to - 1])) to -= 1
  return text.slice(from, to)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

function joined(values: readonly string[]): string {
  return values.join(',')
}
