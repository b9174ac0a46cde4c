/** For tests of the system's programs only: a program as its operator runs it, and a gate on its way to a server. */
export { Gate } from './gate.ts';
export { Program, type Exit, type JobEvent } from './program.ts';
