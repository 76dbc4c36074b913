/** What the code of a commit does when it is built, migrated, started and asked. */
export type CommitBehaviour =
  | 'healthy'
  | 'error-500'
  | 'crash'
  | 'crash-after-success'
  | 'slow'
  | 'failing-build'
  | 'failing-migration'
  | 'wrong-revision'

/** Every behaviour there is, for whoever has to read one. */
export const commitBehaviours: readonly CommitBehaviour[] = [
  'healthy',
  'error-500',
  'crash',
  'crash-after-success',
  'slow',
  'failing-build',
  'failing-migration',
  'wrong-revision',
]

export interface Commit {
  /** 40 hex digits. */
  sha: string
  message: string
  behaviour: CommitBehaviour
  /**
   * Those that its code has besides the ones of the first release; what an earlier commit of the branch has is among them, unless
   * this one has another of the same name.
   */
  migrations?: readonly CodeMigration[]
}

/** A migration in the code. */
export interface CodeMigration {
  /** As its file is called: they run in the order of their names. */
  name: string
  /** What the database says to it. */
  fails?: string
  /** Its `down` throws. */
  isIrreversible?: boolean
  /** Its `down` does nothing: it counts as undone, and what it did stays. */
  downIsEmpty?: boolean
}

export type CommitSeed = Partial<Commit>

export interface RepositorySeed {
  /** `owner/name` */
  name: string
  /** By branch, the oldest commit first. The first branch is the default one. */
  branches: Record<string, CommitSeed[]>
}

/** Where code comes from: lists of commits, by branch. */
export class Repositories {
  readonly #branches = new Map<string, Map<string, Commit[]>>()
  readonly #random: (bytes: number) => Uint8Array

  constructor(seeds: readonly RepositorySeed[], random: (bytes: number) => Uint8Array) {
    this.#random = random
    for (const { name, branches } of seeds) {
      this.#branches.set(name, new Map())
      for (const [branch, commits] of Object.entries(branches))
        for (const commit of commits) this.add(name, branch, commit)
    }
  }

  has(repository: string): boolean {
    return this.#branches.has(repository)
  }

  /** Makes the repository and the branch where they are missing. */
  add(repository: string, branch: string, seed: CommitSeed = {}): Commit {
    const branches = this.#branches.get(repository) ?? new Map<string, Commit[]>()
    const commits = branches.get(branch) ?? []
    const added = seed.migrations ?? []
    const earlier = commits.at(-1)?.migrations ?? []
    const migrations = [...earlier.filter((one) => !added.some(({ name }) => name === one.name)), ...added]
    const commit: Commit = {
      sha: seed.sha ?? Buffer.from(this.#random(20)).toString('hex'),
      message: seed.message ?? `Commit ${commits.length + 1} on ${branch}`,
      behaviour: seed.behaviour ?? 'healthy',
      ...(migrations.length === 0 ? {} : { migrations }),
    }
    commits.push(commit)
    branches.set(branch, commits)
    this.#branches.set(repository, branches)
    return commit
  }

  head(repository: string, branch: string): Commit | undefined {
    return this.#branches.get(repository)?.get(branch)?.at(-1)
  }

  /** On whatever branch it is. */
  find(repository: string, sha: string): Commit | undefined {
    for (const commits of this.#branches.get(repository)?.values() ?? []) {
      const found = commits.find((commit) => commit.sha === sha)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** In whatever repository and on whatever branch it is. */
  findAll(sha: string): Commit[] {
    return [...this.#branches.values()].flatMap((branches) =>
      [...branches.values()].flatMap((commits) => commits.filter((commit) => commit.sha === sha)),
    )
  }

  defaultBranch(repository: string): string {
    return this.#branches.get(repository)?.keys().next().value ?? 'main'
  }
}
