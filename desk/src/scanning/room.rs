//! Makes room on the disk: copies of documents go that two proved backups of central hold. Called by `sync` in every round.

use super::store;
use crate::{
    Desk, DeskError, DeskEvent, sync,
    vault::{self, Shelf},
};

/// Documents whose files are deleted at once.
const AT_ONCE: u32 = 20;

/// Deletes the oldest copies until the disk is roomy again or nothing more may go.
///
/// # Errors
/// Those of the database and the disk; what is deleted by then is noted, and the next call goes on.
pub(crate) async fn make_room(desk: &Desk) -> Result<(), DeskError> {
    let roomy = desk.scanning.manners().roomy;
    while vault::free_space(desk).await? < roomy {
        let mut tx = desk.begin().await?;
        // Without two backups nothing goes but what was going already.
        let up_to = sync::backed_up_head(&mut tx).await?.unwrap_or_default();
        let going = store::let_go(&mut tx, up_to, AT_ONCE).await?;
        tx.commit().await?;
        if going.is_empty() {
            return Ok(());
        }
        let pages: Vec<_> = going.iter().flat_map(|scan| &scan.pages).map(|page| page.0).collect();
        vault::remove(desk, Shelf::Thumbnails, pages.clone()).await?;
        vault::remove(desk, Shelf::Pages, pages).await?;
        vault::remove(desk, Shelf::Documents, going.iter().map(|scan| scan.id.0).collect()).await?;
        let mut tx = desk.begin().await?;
        for scan in &going {
            store::set_gone(&mut tx, scan.id).await?;
        }
        tx.commit().await?;
        tracing::info!(documents = going.len(), "copies of documents that central's backups hold made room");
        for scan in going {
            desk.announce(DeskEvent::LetterChanged { letter_id: scan.letter });
        }
    }
    Ok(())
}
