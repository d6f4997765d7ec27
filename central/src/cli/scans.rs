//! Where scanned documents are, as the command line says it. The secret of a storage is in the environment alone: arguments are seen by
//! everybody.

use central::config::{BucketKeys, ScanPlace, Storage, WrongPlace};
use clap::Args;

/// Name of the secret in the environment and in the file of settings.
pub(super) const SECRET: &str = "CENTRAL_S3_SECRET_ACCESS_KEY";

#[derive(Debug, Args)]
pub(super) struct Scans {
    /// Where scanned documents are: a folder, made where missing, or a bucket of a storage that speaks S3, s3://bucket/prefix; its
    /// secret is in the environment as CENTRAL_S3_SECRET_ACCESS_KEY.
    #[arg(long, env = "CENTRAL_SCANS", value_name = "PLACE")]
    pub(super) scans: String,
    #[command(flatten)]
    storage: StorageOptions,
}

/// How a storage that speaks S3 is reached.
#[derive(Debug, Args)]
pub(super) struct StorageOptions {
    /// Address of the storage, where it is not Amazon's: https, or http on this computer.
    #[arg(long, env = "CENTRAL_S3_ENDPOINT", value_name = "URL")]
    pub(super) s3_endpoint: Option<url::Url>,
    /// Region of the bucket; us-east-1 unless said otherwise.
    #[arg(long, env = "CENTRAL_S3_REGION", value_name = "REGION")]
    pub(super) s3_region: Option<String>,
    /// Id of our key at the storage.
    #[arg(long, env = "CENTRAL_S3_ACCESS_KEY_ID", hide_env_values = true, value_name = "ID")]
    pub(super) s3_access_key_id: Option<String>,
}

impl Scans {
    pub(super) fn place(self) -> Result<ScanPlace, WrongPlace> {
        self.storage.place(&self.scans, std::env::var(SECRET).ok())
    }
}

impl StorageOptions {
    /// The place of this name, with the secret where there is one.
    pub(super) fn place(self, named: &str, secret: Option<String>) -> Result<ScanPlace, WrongPlace> {
        let keys = self.s3_access_key_id.zip(secret).map(|(id, secret)| BucketKeys { id, secret });
        ScanPlace::read(named, Storage { endpoint: self.s3_endpoint, region: self.s3_region, keys })
    }
}
