//! The place of scanned documents behind `object_store`: a folder, or a bucket of a storage that speaks S3.

use std::{path::Path as FolderPath, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::ids::ScanId;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, WriteMultipart,
    aws::{AmazonS3, AmazonS3Builder},
    local::LocalFileSystem,
    path::Path,
    prefix::PrefixStore,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::{Bucket, ScanPlace};

/// A storage that is slower than this to say what it holds is not there.
const THERE_WITHIN: Duration = Duration::from_secs(3);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Silence of the storage in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// What fails goes back to the desk, which comes again: no request of a desk waits for long.
const TRIES: RetryConfig = RetryConfig {
    backoff: object_store::BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.0,
    },
    max_retries: 3,
    retry_timeout: Duration::from_secs(30),
};

/// Where the bytes of scans are. Debug shows no key.
#[derive(Clone)]
pub struct Files {
    objects: Arc<dyn ObjectStore>,
    /// `None` for a bucket: nobody tells how much room it has.
    folder: Option<Arc<FolderPath>>,
    min_free_percent: u8,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Files {
    /// Opens the place; a folder is made where missing. What is written is kept before it is confirmed. A bucket is not asked
    /// yet: letters go on while the storage is away.
    ///
    /// # Errors
    /// When the folder can be neither made nor opened, or the bucket not be named so.
    pub fn open(place: &ScanPlace, min_free_percent: u8) -> Result<Self, object_store::Error> {
        let (objects, folder): (Arc<dyn ObjectStore>, _) = match place {
            ScanPlace::Folder(folder) => {
                std::fs::create_dir_all(folder)
                    .map_err(|source| object_store::Error::Generic { store: "scans", source: source.into() })?;
                (Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true)), Some(folder.as_path().into()))
            }
            ScanPlace::Bucket(bucket) if bucket.prefix.is_empty() => (Arc::new(storage(bucket)?), None),
            ScanPlace::Bucket(bucket) => (Arc::new(PrefixStore::new(storage(bucket)?, bucket.prefix.as_str())), None),
        };
        Ok(Self { objects, folder, min_free_percent })
    }

    /// Whether the place of scans can be reached.
    pub(crate) async fn is_there(&self) -> bool {
        let parts = Path::from("parts");
        let looked = self.objects.list_with_delimiter(Some(&parts));
        let answers = matches!(tokio::time::timeout(THERE_WITHIN, looked).await, Ok(Ok(_)));
        answers && self.folder.as_ref().is_none_or(|folder| folder.is_dir())
    }

    /// Free bytes on the disk, where that is known.
    pub(crate) fn free(&self) -> Option<u64> {
        fs4::available_space(self.folder.as_ref()?).ok()
    }

    /// Whether the disk has room for scans beside the operations, which must always find some. Scans in a bucket take none of it.
    pub(crate) fn has_room(&self) -> bool {
        let Some(folder) = &self.folder else { return true };
        match (fs4::available_space(folder), fs4::total_space(folder)) {
            (Ok(free), Ok(total)) => free / 100 >= total / 10_000 * u64::from(self.min_free_percent),
            // An unknown amount is no reason to refuse: the write itself will tell.
            (Err(_), _) | (_, Err(_)) => true,
        }
    }

    /// Writes a chunk under a fresh name and returns the name.
    pub(super) async fn put_part(&self, scan: ScanId, part: Uuid, bytes: Bytes) -> Result<String, object_store::Error> {
        let name = format!("parts/{scan}/{part}");
        self.objects.put(&Path::from(name.as_str()), bytes.into()).await?;
        Ok(name)
    }

    /// Removes chunks; what cannot be removed is only room lost.
    pub(super) async fn remove_parts(&self, parts: &[String]) {
        for part in parts {
            if self.objects.delete(&Path::from(part.as_str())).await.is_err() {
                tracing::warn!(part, "a chunk could not be removed");
            }
        }
    }

    /// Joins chunks into the document if their whole hash is the given one; `false` when it is not, or a chunk is gone.
    pub(super) async fn join(
        &self,
        scan: ScanId,
        parts: &[String],
        sha256: &[u8; 32],
    ) -> Result<bool, object_store::Error> {
        let mut whole = self.begin(scan).await?;
        for part in parts {
            let bytes = match self.objects.get(&Path::from(part.as_str())).await {
                Ok(part) => part.bytes().await?,
                // A database put back from a backup names chunks that were joined and removed since.
                Err(object_store::Error::NotFound { .. }) => {
                    whole.parts.abort().await?;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            };
            whole.put(bytes).await?;
        }
        whole.end(sha256).await
    }

    /// Begins to write a document.
    pub(crate) async fn begin(&self, scan: ScanId) -> Result<Whole, object_store::Error> {
        let parts = WriteMultipart::new(self.objects.put_multipart(&document(scan)).await?);
        Ok(Whole { parts, hash: Sha256::new() })
    }

    /// Removes a document and whatever chunks of it are there; `false` when something may still be there.
    pub(crate) async fn erase(&self, scan: ScanId) -> bool {
        let gone =
            |done: Result<(), object_store::Error>| matches!(done, Ok(()) | Err(object_store::Error::NotFound { .. }));
        let mut all = gone(self.objects.delete(&document(scan)).await);
        let mut parts = self.objects.list(Some(&Path::from(format!("parts/{scan}"))));
        while let Some(part) = parts.next().await {
            all &= match part {
                Ok(part) => gone(self.objects.delete(&part.location).await),
                Err(_) => false,
            };
        }
        all
    }

    /// The bytes of a stored document.
    pub(crate) async fn read(
        &self,
        scan: ScanId,
    ) -> Result<BoxStream<'static, Result<Bytes, object_store::Error>>, object_store::Error> {
        Ok(self.objects.get(&document(scan)).await?.into_stream())
    }
}

/// A document that is being written: it is there once its hash was right, and not before.
pub(crate) struct Whole {
    parts: WriteMultipart,
    hash: Sha256,
}

impl Whole {
    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<(), object_store::Error> {
        self.hash.update(&bytes);
        self.parts.wait_for_capacity(2).await?;
        self.parts.put(bytes);
        Ok(())
    }

    /// Finishes the document if its whole hash is the given one; `false` when it is not.
    pub(crate) async fn end(self, sha256: &[u8; 32]) -> Result<bool, object_store::Error> {
        if <[u8; 32]>::from(self.hash.finalize()) != *sha256 {
            self.parts.abort().await?;
            return Ok(false);
        }
        self.parts.finish().await?;
        Ok(true)
    }
}

fn storage(bucket: &Bucket) -> Result<AmazonS3, object_store::Error> {
    // Only this computer is spoken with in the clear: the settings refuse any other.
    let in_the_clear = bucket.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
    let client = ClientOptions::new()
        .with_allow_http(in_the_clear)
        .with_connect_timeout(CONNECT_WITHIN)
        .with_read_timeout(SILENCE)
        .with_timeout_disabled();
    let mut storage = AmazonS3Builder::new()
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_access_key_id(&bucket.keys.id)
        .with_secret_access_key(&bucket.keys.secret)
        .with_retry(TRIES)
        .with_client_options(client);
    if let Some(endpoint) = &bucket.endpoint {
        storage = storage.with_endpoint(endpoint.as_str().trim_end_matches('/'));
    }
    storage.build()
}

fn document(scan: ScanId) -> Path {
    Path::from(format!("documents/{scan}.pdf"))
}
