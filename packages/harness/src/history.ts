/** Stored runs, for those who only read them: no broker, no proxy and no client library comes with it. */
export { DamagedHistory } from './recorder.ts';
export {
  folderAt,
  readRun,
  readStoredRun,
  RunNotFound,
  type RunFolder,
  type StoredRun,
} from './run-folder.ts';
