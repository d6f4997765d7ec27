//! Units from a table: what the office's organisational regulations (regulamin organizacyjny) list, kept in a spreadsheet.
//!
//! The whole table or nothing: every row that does not do is told, with its line.

use domain::{
    directory::{Unit, UnitSymbol},
    ids::UnitId,
};
use serde::{Deserialize, Serialize};

use super::{DirectoryDeed, DirectoryError, KeptUnit, name_of, perform, refuse_circles, store};
use crate::{admin_log::Administrator, error::Error};

/// Most rows of a table: an office of a few dozen people has a dozen units.
const ROWS_MAX: usize = 1_000;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// Units that are new.
    pub added: usize,
    /// Units that are otherwise than before.
    pub changed: usize,
    /// Units that are as before.
    pub same: usize,
}

/// Why a table cannot be imported; nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not a table with the columns that are needed.
    #[error("not a table with the columns symbol and name, and perhaps parent and neutral: {0}")]
    Table(String),
    /// Rows that do not do.
    #[error("{}", lines(.0))]
    Rows(Vec<(u64, DirectoryError)>),
    /// It failed as a whole.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Directory(error.into())
    }
}

fn lines(rows: &[(u64, DirectoryError)]) -> String {
    let lines: Vec<String> = rows.iter().map(|(line, why)| format!("line {line}: {why}")).collect();
    lines.join("\n")
}

#[derive(Deserialize)]
struct Row {
    symbol: String,
    #[serde(alias = "nazwa")]
    name: String,
    #[serde(default, alias = "nadrzędna")]
    parent: String,
    #[serde(default, alias = "neutralna")]
    neutral: String,
}

/// Adds and changes units as the table says; those that it does not name stay. UTF-8, comma or semicolon, a header line
/// `symbol,name,parent,neutral` (or `symbol;nazwa;nadrzędna;neutralna`): `parent` is another unit's symbol or empty, `neutral` is
/// `yes`/`tak`, `no`/`nie` or empty.
///
/// # Errors
/// [`ImportError`]; then nothing was changed.
pub async fn import(by: &Administrator<'_>, table: &[u8]) -> Result<Imported, ImportError> {
    let rows = read(table)?;
    let mut tx = by.pool.begin().await?;
    store::lock(&mut tx).await?;
    let before = store::units(&mut tx).await?;
    let (mut after, mut wrong) = (before.clone(), Vec::new());
    let mut named: Vec<UnitSymbol> = Vec::new();
    for (line, row) in &rows {
        match unit_of(by, row, &before) {
            Ok(unit) if named.contains(&unit.unit.symbol) => {
                wrong.push((*line, DirectoryError::Taken(unit.unit.symbol.into())));
            }
            Ok(unit) => {
                named.push(unit.unit.symbol.clone());
                after.retain(|one| one.unit.id != unit.unit.id);
                after.push(unit);
            }
            Err(why) => wrong.push((*line, why)),
        }
    }
    // A unit may belong to one that stands further down.
    for (line, row) in &rows {
        let (Ok(symbol), false) = (row.symbol.parse::<UnitSymbol>(), row.parent.trim().is_empty()) else { continue };
        match super::find(&after, &row.parent).map(|parent| parent.unit.id) {
            Ok(parent) => {
                let unit = after.iter_mut().find(|one| one.unit.symbol == symbol);
                if let Some(unit) = unit {
                    unit.unit.parent = Some(parent);
                }
            }
            Err(why) => wrong.push((*line, why)),
        }
    }
    if wrong.is_empty()
        && let Err(DirectoryError::Circle(symbol)) = refuse_circles(&after)
    {
        let row = rows.iter().find(|(_, row)| row.symbol.parse::<UnitSymbol>().is_ok_and(|own| own.as_str() == symbol));
        wrong.push((row.map_or(1, |(line, _)| *line), DirectoryError::Circle(symbol)));
    }
    if !wrong.is_empty() {
        wrong.sort_by_key(|(line, _)| *line);
        return Err(ImportError::Rows(wrong));
    }
    let units: Vec<KeptUnit> = after.into_iter().filter(|one| !before.contains(one)).collect();
    let changed = units.iter().filter(|one| before.iter().any(|known| known.unit.id == one.unit.id)).count();
    let done = Imported { added: units.len() - changed, changed, same: rows.len() - units.len() };
    if !units.is_empty() {
        perform(&mut tx, by, DirectoryDeed::UnitsKept { units }).await?;
    }
    tx.commit().await?;
    Ok(done)
}

fn read(table: &[u8]) -> Result<Vec<(u64, Row)>, ImportError> {
    let table = table.strip_prefix("\u{feff}".as_bytes()).unwrap_or(table);
    let header = table.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(table);
    let headers = reader.headers().map_err(|error| ImportError::Table(error.to_string()))?;
    let headers: csv::StringRecord = headers.iter().map(str::to_lowercase).collect();
    let has = |names: &[&str]| headers.iter().any(|column| names.contains(&column));
    if !has(&["symbol"]) || !has(&["name", "nazwa"]) {
        return Err(ImportError::Table("they are missing".to_owned()));
    }
    reader.set_headers(headers.clone());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| ImportError::Table(error.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = record.deserialize(Some(&headers)).map_err(|error| ImportError::Table(error.to_string()))?;
        rows.push((line, row));
        if rows.len() > ROWS_MAX {
            return Err(ImportError::Table(format!("more than {ROWS_MAX} rows")));
        }
    }
    Ok(rows)
}

fn unit_of(by: &Administrator<'_>, row: &Row, before: &[KeptUnit]) -> Result<KeptUnit, DirectoryError> {
    let symbol: UnitSymbol = row.symbol.parse()?;
    let id = match before.iter().find(|one| one.unit.symbol == symbol) {
        Some(known) => known.unit.id,
        None => UnitId(by.clock.new_id().map_err(Error::from)?),
    };
    let neutral = match row.neutral.to_lowercase().as_str() {
        "yes" | "tak" => true,
        "" | "no" | "nie" => false,
        _ => return Err(DirectoryError::Neutral(row.neutral.clone())),
    };
    Ok(KeptUnit { unit: Unit { id, symbol, name: name_of(&row.name)?, parent: None }, neutral, closed: false })
}
