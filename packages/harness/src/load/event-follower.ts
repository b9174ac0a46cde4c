/** Reads what the programs of a load write while they write it: their files are followed, line by line. */
import { closeSync, openSync, readSync } from 'node:fs';

import type { EventBody } from '@lab/contract';

import { parseEvent } from '../recorder.ts';

interface Followed {
  readonly source: string;
  readonly file: string;
  readonly fd: number;
  /** The beginning of a line whose end is not there yet. */
  rest: string;
}

export class EventFollower implements Disposable {
  readonly #files: Followed[] = [];
  readonly #onEvent: (event: EventBody, source: string) => void;
  readonly #chunk = Buffer.alloc(64 * 1024);

  constructor(onEvent: (event: EventBody, source: string) => void) {
    this.#onEvent = onEvent;
  }

  /** @param file must exist */
  follow(file: string, source: string): void {
    this.#files.push({ source, file, fd: openSync(file, 'r'), rest: '' });
  }

  /** Hands on every whole line that has been written since the last look. @throws DamagedHistory */
  look(): void {
    for (const followed of this.#files) this.#lookAt(followed);
  }

  #lookAt(followed: Followed): void {
    for (;;) {
      const bytes = readSync(followed.fd, this.#chunk); // from where the last read ended
      if (bytes === 0) return;
      const lines = (followed.rest + this.#chunk.toString('latin1', 0, bytes)).split('\n');
      followed.rest = lines.pop() ?? '';
      for (const line of lines) {
        const text = Buffer.from(line, 'latin1').toString('utf8'); // a chunk may end inside a letter
        if (text !== '') this.#onEvent(parseEvent(text, followed.file), followed.source);
      }
    }
  }

  [Symbol.dispose](): void {
    for (const { fd } of this.#files.splice(0)) closeSync(fd);
  }
}
