export { makeJobs } from './jobs.ts';
export * from './publish-jobs.ts';
export { openRabbitmqPublisher, type RabbitmqPublisherOptions } from './transports/rabbitmq.ts';
