import { App } from 'aws-cdk-lib';
import { HuntStack } from './hunt-stack.ts';
import { readSettings, SettingsError } from './settings.ts';

const app = new App();
try {
  new HuntStack(app, 'PgHunt', { settings: readSettings(app.node.tryGetContext('pg-hunt')) });
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`pg-hunt: ${error.message}\n`);
  process.exit(2); // at once: the toolkit would synthesize the empty app
}
