import type { HttpAnswer } from './runtime.ts'

export function json(status: number, body: object): HttpAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

export function text(status: number, body: string): HttpAnswer {
  return { status, contentType: 'text/plain; charset=UTF-8', body }
}

export function html(status: number, title: string, heading = title): HttpAnswer {
  return {
    status,
    contentType: 'text/html; charset=UTF-8',
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${heading}</h1></body></html>`,
  }
}

/** What the product shows for everything that was thrown and not caught. */
export const errorPage: HttpAnswer = html(500, 'Server Error - Fakturino')

export function redirect(status: 302 | 307, location: string): HttpAnswer {
  return { ...html(status, `Redirecting to ${location}`), headers: { location } }
}

/** `2026-11-03T09:00:00+00:00`, as the product writes most of its times. */
export function timestamp(now: number): string {
  return new Date(now).toISOString().replace(/\.\d+Z$/, '+00:00')
}

/** `2026-11-03T09:00:00.000000Z` */
export function preciseTimestamp(now: number): string {
  return new Date(now).toISOString().replace('Z', '000Z')
}
