//! The folder of scanned documents behind `object_store`.

use std::{path::Path as FolderPath, sync::Arc};

use bytes::Bytes;
use domain::ids::ScanId;
use futures::{StreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart, local::LocalFileSystem, path::Path};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Where the bytes of scans are.
#[derive(Clone, Debug)]
pub struct Files {
    objects: Arc<dyn ObjectStore>,
    folder: Arc<FolderPath>,
    min_free_percent: u8,
}

impl Files {
    /// Opens the folder, making it where missing. What is written is on the disk before it is confirmed.
    ///
    /// # Errors
    /// When the folder can be neither made nor opened.
    pub fn open(folder: &FolderPath, min_free_percent: u8) -> Result<Self, object_store::Error> {
        std::fs::create_dir_all(folder)
            .map_err(|source| object_store::Error::Generic { store: "scans", source: source.into() })?;
        let objects = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { objects: Arc::new(objects), folder: folder.into(), min_free_percent })
    }

    /// Whether the place of scans can be reached.
    pub(crate) async fn is_there(&self) -> bool {
        self.objects.list_with_delimiter(Some(&Path::from("parts"))).await.is_ok() && self.folder.is_dir()
    }

    /// Free bytes on the disk, where that is known.
    pub(crate) fn free(&self) -> Option<u64> {
        fs4::available_space(&self.folder).ok()
    }

    /// Whether the disk has room for scans beside the operations, which must always find some.
    pub(crate) fn has_room(&self) -> bool {
        match (fs4::available_space(&self.folder), fs4::total_space(&self.folder)) {
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
    pub(super) async fn begin(&self, scan: ScanId) -> Result<Whole, object_store::Error> {
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
    pub(super) async fn read(
        &self,
        scan: ScanId,
    ) -> Result<BoxStream<'static, Result<Bytes, object_store::Error>>, object_store::Error> {
        Ok(self.objects.get(&document(scan)).await?.into_stream())
    }
}

/// A document that is being written: it is there once its hash was right, and not before.
pub(super) struct Whole {
    parts: WriteMultipart,
    hash: Sha256,
}

impl Whole {
    pub(super) async fn put(&mut self, bytes: Bytes) -> Result<(), object_store::Error> {
        self.hash.update(&bytes);
        self.parts.wait_for_capacity(2).await?;
        self.parts.put(bytes);
        Ok(())
    }

    /// Finishes the document if its whole hash is the given one; `false` when it is not.
    pub(super) async fn end(self, sha256: &[u8; 32]) -> Result<bool, object_store::Error> {
        if <[u8; 32]>::from(self.hash.finalize()) != *sha256 {
            self.parts.abort().await?;
            return Ok(false);
        }
        self.parts.finish().await?;
        Ok(true)
    }
}

fn document(scan: ScanId) -> Path {
    Path::from(format!("documents/{scan}.pdf"))
}
