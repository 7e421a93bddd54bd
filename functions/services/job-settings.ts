import { type JobName, jobs } from '../manifest.ts';

/** What the manifest says of a job. */
export const jobSettings = (name: JobName): (typeof jobs)[number] => {
  const settings = jobs.find((job) => job.name === name);
  if (settings === undefined) throw new Error(`the manifest has no job ${name}`);
  return settings;
};
