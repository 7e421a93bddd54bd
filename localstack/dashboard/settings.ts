import { join } from 'node:path';
import { profileFolder } from '../paths.ts';

/** What the process of the dashboard is told. */
export interface DashboardSettings {
  /** Whose key signs its token. */
  readonly profile: string;
  readonly apiUrl: string;
  readonly port: number;
}

export const settingsFile = (profile: string): string =>
  join(profileFolder(profile), 'dashboard.json');
