//! Opens a desk: lock, key, database, start check, in this order; nothing is touched before the lock is held.
//! Called by `src-tauri/src/app.rs` and by the tests. Starts no worker.

use std::sync::Arc;

use domain::{ErrorCode, ids::DeviceId};
use serde::{Deserialize, Serialize};

use crate::{
    Desk, DeskError,
    db::{Db, DbOptions, file_in},
    desk::DeskParts,
    enrolment, keys,
    lock::DirLock,
    recovery, registers, settings,
};

mod store;

/// What the window's first question is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum StartupView {
    /// The desk is open.
    Ready,
    /// It is not, and the screen says the way out.
    Failed {
        /// Why.
        code: ErrorCode,
        /// Where the data lie.
        data_folder: String,
    },
}

/// Opens the desk of the data directory. Call [`DirLock::take`] first and keep it as long as the desk.
///
/// # Errors
/// [`ErrorCode::KeyMissing`], [`ErrorCode::KeyWrong`], [`ErrorCode::DatabaseDamaged`], [`ErrorCode::DatabaseNewer`], or
/// what the disk says.
#[tracing::instrument(skip_all, err)]
pub async fn open_desk(parts: DeskParts, _held: &DirLock) -> Result<Arc<Desk>, DeskError> {
    let path = file_in(&parts.paths.data);
    let exists = tokio::fs::try_exists(&path).await.map_err(DeskError::file("look for the database"))?;
    let key = {
        let (folder, store, entropy) = (parts.paths.data.clone(), parts.keys.clone(), Arc::clone(&parts.entropy));
        tokio::task::spawn_blocking(move || keys::find_or_make(&folder, &store, exists, entropy.as_ref()))
            .await
            .map_err(DeskError::unexpected("find the key"))??
    };
    open_with_key(parts, Some(key)).await
}

/// Opens a desk on a database without encryption: only the benches do, to see what encryption costs.
///
/// # Errors
/// As [`open_desk`].
#[doc(hidden)]
pub async fn open_plain_for_comparison(parts: DeskParts) -> Result<Arc<Desk>, DeskError> {
    open_with_key(parts, None).await
}

pub(crate) async fn open_with_key(parts: DeskParts, key: Option<keys::DatabaseKey>) -> Result<Arc<Desk>, DeskError> {
    let db = Db::open(DbOptions { path: file_in(&parts.paths.data), key, read_deadline: parts.read_deadline }).await?;
    let mut tx = db.begin().await?;
    let known = store::device(&mut tx).await?;
    let device = if let Some(device) = known {
        device
    } else {
        let device = new_device(&parts);
        let mut signing_key = [0; 32];
        parts.entropy.fill(&mut signing_key);
        store::insert_state(&mut tx, device, &signing_key, parts.clock.now()).await?;
        device
    };
    let settings = settings::load(&mut tx).await?;
    let enrolment = enrolment::load(&mut tx).await?;
    tx.commit().await?;
    let desk = Arc::new(Desk::new(db, parts, device, settings, enrolment));
    recovery::check_machine(&desk).await?;
    registers::start_check(&desk).await?;
    Ok(desk)
}

fn new_device(parts: &DeskParts) -> DeviceId {
    let mut random = [0; 10];
    parts.entropy.fill(&mut random);
    let millis = u64::try_from(parts.clock.now().as_millisecond()).unwrap_or_default();
    DeviceId(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}
