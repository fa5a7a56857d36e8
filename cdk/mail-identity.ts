import { ArnFormat, CfnOutput, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  CloudWatchDimensionSource,
  ConfigurationSet,
  ConfigurationSetTlsPolicy,
  EmailIdentity,
  EmailSendingEvent,
  EventDestination,
  Identity,
  SuppressionReasons,
} from 'aws-cdk-lib/aws-ses';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface MailIdentityProps {
  readonly identity: string;
  readonly existing: boolean;
  readonly from: string;
  /** Told of every mail that did not arrive or was complained about. */
  readonly topic: Topic;
}

/** SES sets this tag on each message by itself. */
export const setDimension = 'ses:configuration-set';

const { BOUNCE, COMPLAINT, DELIVERY, DELIVERY_DELAY, REJECT, RENDERING_FAILURE, SEND } = EmailSendingEvent;

/** Who the mails come from, and the right to send as exactly that. */
export class MailIdentity extends Construct {
  readonly configurationSetName: string;
  readonly sendStatement: PolicyStatement;

  constructor(scope: Construct, id: string, { identity, existing, from, topic }: MailIdentityProps) {
    super(scope, id);
    const configurationSet = new ConfigurationSet(this, 'ConfigurationSet', {
      tlsPolicy: ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    this.configurationSetName = configurationSet.configurationSetName;
    configurationSet.addEventDestination('Troubles', {
      destination: EventDestination.snsTopic(topic),
      events: [BOUNCE, COMPLAINT, REJECT, RENDERING_FAILURE, DELIVERY_DELAY],
    });
    configurationSet.addEventDestination('Counts', {
      destination: EventDestination.cloudWatchDimensions([
        { source: CloudWatchDimensionSource.MESSAGE_TAG, name: setDimension, defaultValue: 'none' },
      ]),
      events: [SEND, DELIVERY, BOUNCE, COMPLAINT, REJECT],
    });
    if (!existing) this.makeIdentity(identity);

    const arn = (resource: string, resourceName: string) =>
      Stack.of(this).formatArn({ service: 'ses', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    this.sendStatement = new PolicyStatement({
      actions: ['ses:SendRawEmail'],
      // SES checks the configuration set as well; the identity alone is answered with AccessDenied.
      resources: [arn('identity', identity), arn('configuration-set', this.configurationSetName)],
      conditions: { StringEquals: { 'ses:FromAddress': from } },
    });
  }

  private makeIdentity(name: string): void {
    const isAddress = name.includes('@');
    const identity = new EmailIdentity(this, 'Identity', {
      identity: isAddress ? Identity.email(name) : Identity.domain(name),
    });
    if (isAddress) return; // SES sends a confirmation to it
    identity.dkimRecords.forEach(({ name: record, value }, index) => {
      new CfnOutput(this, `Dkim${index + 1}`, { value: `${record} CNAME ${value}`, description: 'DNS record to set' });
    });
  }
}
