import { shellWord } from './shell-word.ts'

/** What is called the revision of code that came from a directory and of which nothing more is known. */
export const unknownUpload = 'upload'

/** The revision of code from a directory: it stands where a commit would. */
export function uploadedRevision(digest: string): string {
  return `${unknownUpload}-${digest}`
}

/** Is it no commit, but code from a directory? Only whoever has the directory can bring it again. */
export function isUploaded(revision: string | undefined): boolean {
  return revision !== undefined && /^upload(?:-[0-9a-f]{64})?$/.test(revision)
}

/** The option of `deploy` that brings a revision; a directory is known only to whoever named it. */
export function codeOption(revision: string): string {
  return isUploaded(revision) ? '--upload DIR' : `--commit ${shellWord(revision)}`
}
