import { App } from 'aws-cdk-lib';
import { HuntStack } from './hunt-stack.ts';
import { readStages, SettingsError } from './settings.ts';

const app = new App();
try {
  for (const [name, settings] of Object.entries(readStages(app.node.tryGetContext('pg-hunt')))) {
    new HuntStack(app, name, { settings });
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  process.stderr.write(`pg-hunt: ${error.message}\n`);
  process.exit(2); // at once: the toolkit would synthesize the empty app
}
