/** What becomes of a job that is due, whoever makes its attempts. */
export interface Offer {
  /** Takes a job that is due now; jobs are numbered from 0. */
  offer(job: number, dueMs: number): void;
  /** Counting ends now: times what is not over. */
  end(): void;
}
