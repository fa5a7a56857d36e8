import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { costOf, costTable, prices, usage } from '../../cdk/costs.ts';
import { HuntStack } from '../../cdk/hunt-stack.ts';
import { readSettings } from '../../cdk/settings.ts';

const fileOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('what a month costs', () => {
  it('is in the README as it is computed, with the region and the day of its prices', () => {
    const readme = fileOf('README.md');
    expect(readme).toContain(`\n${costTable()}\n`);
    expect(readme).toContain(`${prices.region}, ${prices.asOf}`);
  });

  it('counts the alarms that the stack has', () => {
    const { context } = JSON.parse(fileOf('cdk.json'));
    const app = new App({ context: { ...context, 'aws:cdk:bundling-stacks': [] } });
    const stack = new HuntStack(app, 'Test', { settings: readSettings(context['pg-hunt']) });
    const template = Template.fromStack(stack);
    expect(Object.keys(template.findResources('AWS::CloudWatch::Alarm'))).toHaveLength(usage.alarms);
    template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
  }, 120_000);

  it('grows with each target by its seconds and its archive, and by nothing else', () => {
    const [one, two] = [costOf(1), costOf(2)];
    const { runsPerMonth, keptRuns, gigabytesPerTargetAndRun, putsPerTarget, getsPerTarget, secondsPerTarget } = usage;
    const compute = runsPerMonth * secondsPerTarget * usage.gigabytes * 0.000_013_333_4;
    const kept = keptRuns * gigabytesPerTargetAndRun * 0.023;
    const requests = runsPerMonth * (putsPerTarget * 0.000_005 + getsPerTarget * 0.000_000_4);
    expect(two.perMonth - one.perMonth).toBeCloseTo(compute + kept + requests, 10);
    expect(two.parts.watching).toBe(one.parts.watching);
    expect(one.perMonth).toBeCloseTo(
      Object.values(one.parts).reduce((sum, part) => sum + part, 0),
      10,
    );
  });

  it('fits a run into the time that Lambda gives', () => {
    expect(usage.secondsPerRun + usage.secondsPerTarget * 1_000).toBeLessThan(900);
  });
});
