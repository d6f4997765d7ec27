//! What a day's sheet counts.

use domain::register::{PointSymbol, Register, RegisterNumber};
use jiff::civil::Date;
use sqlx::SqliteConnection;

use crate::DeskError;

/// A day at this desk.
pub(super) struct OfDay {
    /// Numbers of incoming letters, in order.
    pub(super) numbers: Vec<RegisterNumber>,
    pub(super) without_scan: Vec<RegisterNumber>,
    pub(super) cancelled: usize,
    pub(super) lost: i64,
    pub(super) labels_in_doubt: i64,
}

pub(super) async fn of_day(db: &mut SqliteConnection, day: Date) -> Result<OfDay, DeskError> {
    let (text, year) = (day.to_string(), i64::from(day.year()));
    let rows = sqlx::query!(
        r#"SELECT symbol, year, n, cancelled IS NOT NULL AS "cancelled!: bool", pages AS "pages!: i64"
           FROM letter JOIN letter_standing ON letter_standing.key = letter.key
           WHERE registered_on IS NULL AND register = 'incoming' AND office_day = ? ORDER BY year, symbol, n"#,
        text
    )
    .fetch_all(&mut *db)
    .await?;
    let mut told = OfDay { numbers: Vec::new(), without_scan: Vec::new(), cancelled: 0, lost: 0, labels_in_doubt: 0 };
    for row in rows {
        let number = RegisterNumber {
            register: Register::Incoming,
            symbol: PointSymbol::try_from(row.symbol).map_err(DeskError::unexpected("read a symbol"))?,
            year: i16::try_from(row.year).map_err(DeskError::unexpected("read a year"))?,
            n: u32::try_from(row.n).map_err(DeskError::unexpected("read a number"))?,
        };
        if row.pages == 0 && !row.cancelled {
            told.without_scan.push(number.clone());
        }
        told.cancelled += usize::from(row.cancelled);
        told.numbers.push(number);
    }
    told.lost = sqlx::query_scalar!("SELECT COUNT(*) FROM lost_number WHERE register = 'incoming' AND year = ?", year)
        .fetch_one(&mut *db)
        .await?;
    told.labels_in_doubt =
        sqlx::query_scalar!("SELECT COUNT(*) FROM label_job WHERE state = 'uncertain'").fetch_one(db).await?;
    Ok(told)
}
