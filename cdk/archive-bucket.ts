import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface ArchiveBucketProps {
  readonly oldVersionsDays: number;
}

/** Reports, history and claims. It outlives the stack: years of history cannot be made again. */
export class ArchiveBucket extends Bucket {
  constructor(scope: Construct, id: string, { oldVersionsDays }: ArchiveBucketProps) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [
        { id: 'old-versions', noncurrentVersionExpiration: Duration.days(oldVersionsDays) },
        { id: 'broken-uploads', abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    });
  }
}
