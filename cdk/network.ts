/** The function inside a VPC: where it stands, what it may do there, and by which doors it reaches AWS. */
import { Stack } from 'aws-cdk-lib';
import { CfnSecurityGroup, CfnVPCEndpoint } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Settings } from './settings.ts';

type Network = NonNullable<Settings['network']>;

/** Lambda makes its network interfaces with the function's rights; EC2 knows no resources of these actions. */
export function interfaceStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    resources: ['*'],
  });
}

/** A door for each service that this configuration talks to. S3's is free, the others cost by the hour. */
export function addEndpoints(scope: Construct, network: Network, services: readonly string[]): void {
  const { endpoints, subnetIds, securityGroupIds } = network;
  if (endpoints === undefined) return;
  const { vpcId, routeTableIds } = endpoints;
  const { region } = Stack.of(scope);
  const doors = new CfnSecurityGroup(scope, 'Endpoints', {
    groupDescription: 'pg-hunt: from the function to AWS',
    vpcId,
    securityGroupIngress: securityGroupIds.map((sourceSecurityGroupId) => ({
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      sourceSecurityGroupId,
      description: 'from the function',
    })),
  });
  const serviceName = (service: string) => `com.amazonaws.${region}.${service}`;
  new CfnVPCEndpoint(scope, 'EndpointS3', {
    vpcId,
    serviceName: serviceName('s3'),
    vpcEndpointType: 'Gateway',
    routeTableIds,
  });
  for (const service of services) {
    new CfnVPCEndpoint(scope, `Endpoint-${service}`, {
      vpcId,
      serviceName: serviceName(service),
      vpcEndpointType: 'Interface',
      privateDnsEnabled: true,
      subnetIds,
      securityGroupIds: [doors.attrGroupId],
    });
  }
}

/** Interface endpoints by their AWS names. Of SES, `email` is the API; the constant `SES` of the library is SMTP. */
export function servicesOf({ usesSecrets, usesWorkspace, usesMetrics }: Record<string, boolean>): readonly string[] {
  return [
    'email',
    ...(usesSecrets === true ? ['secretsmanager'] : []),
    ...(usesWorkspace === true ? ['aps-workspaces'] : []),
    ...(usesMetrics === true ? ['monitoring'] : []),
  ];
}
