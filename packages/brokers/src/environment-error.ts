/** Something the lab needs from its surroundings is not there. The command line ends with exit code 3. */
export class EnvironmentError extends Error {
  /** What is missing or wrong, one clause. */
  readonly what: string;
  /** Where it was looked for: a URL without its password, a path, a program. */
  readonly where: string;
  /** The command, or the change, that mends it. */
  readonly next: string;

  constructor(
    parts: { what: string; where: string; why?: string; next: string },
    options?: ErrorOptions,
  ) {
    const why = parts.why === undefined ? '' : `: ${parts.why}`;
    super(`${parts.what} (${parts.where})${why}. Next: ${parts.next}`, options);
    this.name = 'EnvironmentError';
    this.what = parts.what;
    this.where = parts.where;
    this.next = parts.next;
  }
}
